// podman, with its own storage in a temporary folder.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refused, run } from '../command.mjs';
import { asRoot, requireRoot } from '../world/as-root.mjs';
import { containersHome } from '../world/client-home.mjs';
import { seededBytes, tarOf } from '../world/synthetic-image.mjs';
import { dockerLogin, loginBehaviours } from './login.mjs';
import { NO_RIGHT, UNKNOWN } from './refusals.mjs';

export const podman = {
  name: 'podman',
  async start(world, { env: base, folder: debian }, folder) {
    await requireRoot();
    const content = seededBytes(`podman/${world.composition}`, 300_000);
    writeFileSync(join(folder, 'root.tar'), tarOf({ content }));
    const command = (who) => podmanCommand(containersHome(join(folder, who), base, world.host, debian, folder));
    const stop = () => command('owner').run(['system', 'reset', '--force']);
    return { content, folder, image: `${world.closed}/podman`, command, stop };
  },
  behaviours: [
    ...loginBehaviours('podman', dockerLogin),
    ['pushes an image that is there under the digest podman writes down', push],
    ['pushes the same image in the Docker format', pushDockerFormat],
    ['lists the tags by podman search', list],
    ['pulls by tag into an empty storage, with the same bytes', pullByTag],
    ['pulls by digest', pullByDigest],
    ['pushes and pulls an index by podman manifest', index],
    ['pulls public content without a login', anonymousPull],
    ['refuses to pull private content without a login', anonymousRefused],
    ['refuses the push of a key that may only pull', refusedPush],
    ['is told that a deleted tag is unknown', deletedTag],
    ['logs out, and is refused again', logout],
  ],
};

function podmanCommand(env) {
  return {
    run: (args, options) => run(...asRoot('podman', args, env), { env, ...options }),
    refused: (args, because, options) => refused(...asRoot('podman', args, env), because, { env, ...options }),
  };
}

async function push(world, session) {
  const owner = session.command('owner');
  session.id = (await owner.run(['import', join(session.folder, 'root.tar'), 'localhost/podman:v1'])).stdout.trim();
  const digestFile = join(session.folder, 'digest');
  const target = `docker://${world.host}/${session.image}:v1`;
  await owner.run(['push', '--format', 'oci', '--digestfile', digestFile, 'localhost/podman:v1', target]);
  session.digest = readFileSync(digestFile, 'utf8').trim();
  const manifest = await world.http.manifest(session.image, 'v1');
  assert.equal(manifest.digest, session.digest);
  assert.equal(manifest.mediaType, 'application/vnd.oci.image.manifest.v1+json');
  for (const layer of manifest.json.layers) await world.http.blob(session.image, layer.digest);
}

async function pushDockerFormat(world, { command, image }) {
  const target = `docker://${world.host}/${image}:schema2`;
  await command('owner').run(['push', '--format', 'v2s2', 'localhost/podman:v1', target]);
  const manifest = await world.http.manifest(image, 'schema2');
  assert.equal(manifest.mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
}

async function list(world, { command, image }) {
  const args = ['search', '--list-tags', '--format', 'json', `${world.host}/${image}`];
  const [{ Tags }] = JSON.parse((await command('reader').run(args)).stdout);
  assert.deepEqual(Tags.sort(), ['schema2', 'v1']);
}

function pullByTag(world, session) {
  return pullAndCompare(world, session, 'reader', `${session.image}:v1`);
}

function pullByDigest(world, session) {
  return pullAndCompare(world, session, 'reader', `${session.image}@${session.digest}`);
}

/** Empties the storage, pulls, and compares digest and the bytes of the one file in the image. */
async function pullAndCompare(world, session, who, reference) {
  const client = session.command(who);
  const name = `${world.host}/${reference}`;
  await client.run(['image', 'rm', '--all', '--force']);
  await client.run(['pull', name]);
  assert.equal((await client.run(['image', 'inspect', '--format', '{{.Digest}}', name])).stdout.trim(), session.digest);
  const archive = join(session.folder, `${who}.tar`);
  await client.run(['save', '--format', 'oci-archive', '--output', archive, name]);
  const folder = (await client.run(['image', 'mount', name])).stdout.trim();
  assert.ok(
    readFileSync(join(folder, 'content')).equals(session.content),
    'the file in the pulled image has other bytes',
  );
  await client.run(['image', 'umount', name]);
}

async function index(world, session) {
  const owner = session.command('owner');
  await owner.run(['manifest', 'create', 'localhost/all:v1']);
  await owner.run(['manifest', 'add', 'localhost/all:v1', `docker://${world.host}/${session.image}:v1`]);
  const target = `docker://${world.host}/${session.image}:index`;
  await owner.run(['manifest', 'push', '--all', '--format', 'oci', 'localhost/all:v1', target]);
  const manifest = await world.http.manifest(session.image, 'index');
  assert.deepEqual(
    manifest.json.manifests.map((child) => child.digest),
    [session.digest],
  );
  await owner.run(['manifest', 'rm', 'localhost/all:v1']);
  await pullAndCompare(world, session, 'reader', `${session.image}@${session.digest}`);
}

async function anonymousPull(world, session) {
  const open = `${world.open}/podman`;
  const source = `${world.host}/${session.image}@${session.digest}`;
  await session.command('owner').run(['push', '--format', 'oci', source, `docker://${world.host}/${open}:v1`]);
  session.digest = (await world.http.manifest(open, 'v1')).digest;
  await pullAndCompare(world, session, 'nobody', `${open}:v1`);
}

async function anonymousRefused(world, { command, image }) {
  await command('nobody').refused(['pull', `${world.host}/${image}:v1`], NO_RIGHT);
}

async function refusedPush(world, { command, image }) {
  const source = `${world.host}/${world.open}/podman:v1`;
  await command('reader').refused(['push', source, `docker://${world.host}/${image}:refused`], NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'refused')).status, 404);
}

async function deletedTag(world, { command, image }) {
  const response = await world.http.request(`${image}/manifests/schema2`, { method: 'DELETE' });
  assert.equal(response.status, 202);
  await command('reader').refused(['pull', `${world.host}/${image}:schema2`], UNKNOWN);
}

async function logout(world, { command, image }) {
  await command('reader').run(['logout', world.host]);
  await command('reader').refused(['pull', `${world.host}/${image}:v1`], NO_RIGHT);
}
