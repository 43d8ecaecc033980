// skopeo: copy (a manifest, an index, between images), sync, inspect, list-tags and delete.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refused, run } from '../command.mjs';
import { containersHome } from '../world/client-home.mjs';
import { writeLayout } from '../world/synthetic-image.mjs';
import { dockerLogin, loginBehaviours } from './login.mjs';
import { NO_RIGHT, UNKNOWN } from './refusals.mjs';

export const skopeo = {
  name: 'skopeo',
  async start(world, { env: base, folder: debian }, folder) {
    const seed = `skopeo/${world.composition}`;
    const single = writeLayout(join(folder, 'single'), { seed: `${seed}/single` });
    const index = writeLayout(join(folder, 'index'), { seed: `${seed}/index`, platforms: ['amd64', 'arm64'] });
    const command = (who) => skopeoCommand(containersHome(join(folder, who), base, world.host, debian));
    return { single, index, folder, image: `${world.closed}/skopeo`, command, stop: async () => {} };
  },
  behaviours: [
    ...loginBehaviours('skopeo', dockerLogin),
    ['copies an image in, with its digest kept', copyIn],
    ['copies an index in, with all its manifests', copyIndexIn],
    ['inspects by tag and by digest', inspect],
    ['lists the tags', listTags],
    ['copies an image out, with the same bytes', copyOut],
    ['copies an index out, with the same bytes', copyIndexOut],
    ['copies from image to image inside the registry', copyAcross],
    ['syncs all tags of an image to a folder and back to another image', sync],
    ['copies public content without a login', anonymousPull],
    ['refuses to copy private content without a login', anonymousRefused],
    ['refuses the copy of a key that may only pull', refusedPush],
    ['refuses the delete of a key that may only pull', refusedDelete],
    ['deletes an image, and it is gone at once', deletes],
  ],
};

function skopeoCommand(env) {
  return {
    run: (args, options) => run('skopeo', args, { env, ...options }),
    refused: (args, because, options) => refused('skopeo', args, because, { env, ...options }),
  };
}

const remote = (world, reference) => `docker://${world.host}/${reference}`;
const layoutOf = ({ folder, tag }) => `oci:${folder}:${tag}`;

async function copyIn(world, { command, single, image }) {
  await command('owner').run(['copy', '--preserve-digests', layoutOf(single), remote(world, `${image}:v1`)]);
  assert.equal((await world.http.manifest(image, 'v1')).digest, single.digest);
}

async function copyIndexIn(world, { command, index, image }) {
  await command('owner').run(['copy', '--all', '--preserve-digests', layoutOf(index), remote(world, `${image}:index`)]);
  assert.equal((await world.http.manifest(image, 'index')).digest, index.digest);
  for (const child of index.children)
    assert.equal((await world.http.manifest(image, child.digest)).digest, child.digest);
}

async function inspect(world, { command, single, image }) {
  for (const reference of [`${image}:v1`, `${image}@${single.digest}`]) {
    const { stdout } = await command('reader').run(['inspect', remote(world, reference)]);
    const shown = JSON.parse(stdout);
    assert.equal(shown.Digest, single.digest);
    assert.equal(shown.Architecture, 'amd64');
    assert.deepEqual([...shown.RepoTags].sort(), ['index', 'v1']);
  }
}

async function listTags(world, { command, image }) {
  const { stdout } = await command('reader').run(['list-tags', remote(world, image)]);
  assert.deepEqual(JSON.parse(stdout).Tags.sort(), ['index', 'v1']);
}

/** Copies `reference` to a plain folder (`dir:`) and compares manifest and blobs with the layout it came from. */
async function copyAndCompare(world, session, who, reference, layout, all = []) {
  const folder = join(session.folder, `out-${who}-${reference.replaceAll(/\W/g, '-')}`);
  await session.command(who).run(['copy', ...all, remote(world, reference), `dir:${folder}`]);
  const original = (digest) => readFileSync(join(layout.folder, 'blobs', 'sha256', digest.slice(7)));
  assert.ok(
    readFileSync(join(folder, 'manifest.json')).equals(original(layout.digest)),
    'the manifest has other bytes',
  );
  for (const child of layout.children) {
    const { config, layers } = JSON.parse(original(child.digest).toString());
    for (const { digest } of [config, ...layers])
      assert.ok(readFileSync(join(folder, digest.slice(7))).equals(original(digest)), `${digest} has other bytes`);
  }
}

function copyOut(world, session) {
  return copyAndCompare(world, session, 'reader', `${session.image}:v1`, session.single);
}

function copyIndexOut(world, session) {
  return copyAndCompare(world, session, 'reader', `${session.image}:index`, session.index, ['--all']);
}

async function copyAcross(world, { command, index, image }) {
  const target = `${image}/across`;
  await command('owner').run(['copy', '--all', remote(world, `${image}:index`), remote(world, `${target}:v1`)]);
  assert.equal((await world.http.manifest(target, 'v1')).digest, index.digest);
}

async function sync(world, { command, folder, single, image }) {
  const owner = command('owner');
  const mirror = join(folder, 'mirror');
  await owner.run(['sync', '--all', '--src', 'docker', '--dest', 'dir', `${world.host}/${image}`, mirror]);
  await owner.run(['sync', '--all', '--src', 'dir', '--dest', 'docker', mirror, `${world.host}/${image}/synced`]);
  const synced = `${image}/synced/skopeo`;
  assert.deepEqual((await world.http.tags(synced)).sort(), ['index', 'v1']);
  assert.equal((await world.http.manifest(synced, 'v1')).digest, single.digest);
}

async function anonymousPull(world, session) {
  const open = `${world.open}/skopeo:v1`;
  await session.command('owner').run(['copy', layoutOf(session.single), remote(world, open)]);
  await copyAndCompare(world, session, 'nobody', open, session.single);
}

async function anonymousRefused(world, { command, folder, image }) {
  const target = `dir:${join(folder, 'never')}`;
  await command('nobody').refused(['copy', remote(world, `${image}:v1`), target], NO_RIGHT);
}

async function refusedPush(world, { command, single, image }) {
  await command('reader').refused(['copy', layoutOf(single), remote(world, `${image}:refused`)], NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'refused')).status, 404);
}

async function refusedDelete(world, { command, single, image }) {
  await command('reader').refused(['delete', remote(world, `${image}:v1`)], NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'v1')).digest, single.digest);
}

async function deletes(world, { command, single, image }) {
  await command('owner').run(['delete', remote(world, `${image}:v1`)]);
  assert.equal((await world.http.manifest(image, single.digest)).status, 404);
  await command('owner').refused(['inspect', remote(world, `${image}:v1`)], UNKNOWN);
}
