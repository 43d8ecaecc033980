// buildah: builds an image from nothing, pushes it, and reads a pulled one through its own mount.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refused, run } from '../command.mjs';
import { asRoot, requireRoot } from '../world/as-root.mjs';
import { containersHome } from '../world/client-home.mjs';
import { seededBytes } from '../world/synthetic-image.mjs';
import { dockerLogin, loginBehaviours } from './login.mjs';
import { NO_RIGHT } from './refusals.mjs';

export const buildah = {
  name: 'buildah',
  async start(world, { env: base, folder: debian }, folder) {
    await requireRoot();
    const content = seededBytes(`buildah/${world.composition}`, 300_000);
    writeFileSync(join(folder, 'content'), content);
    const command = (who) => buildahCommand(containersHome(join(folder, who), base, world.host, debian, folder));
    const stop = async () => {
      await command('owner').run(['rm', '--all']);
      await command('owner').run(['rmi', '--all', '--force']);
    };
    return { content, folder, image: `${world.closed}/buildah`, command, stop };
  },
  behaviours: [
    ...loginBehaviours('buildah', dockerLogin),
    ['builds an image from scratch and pushes it under the digest it writes down', push],
    ['builds on a pulled image and finds the same bytes in it', pull],
    ['pushes what it built on top, and its base layer is there already', pushDerived],
    ['pulls public content without a login', anonymousPull],
    ['refuses to pull private content without a login', anonymousRefused],
    ['refuses the push of a key that may only pull', refusedPush],
  ],
};

function buildahCommand(env) {
  return {
    run: (args, options) => run(...asRoot('buildah', args, env), { env, ...options }),
    refused: (args, because, options) => refused(...asRoot('buildah', args, env), because, { env, ...options }),
  };
}

async function push(world, session) {
  const owner = session.command('owner');
  const container = (await owner.run(['from', 'scratch'])).stdout.trim();
  await owner.run(['copy', container, join(session.folder, 'content'), '/content']);
  await owner.run(['config', '--label', 'made-by=buildah', container]);
  await owner.run(['commit', '--rm', container, 'localhost/buildah:v1']);
  const digestFile = join(session.folder, 'digest');
  await owner.run([
    'push',
    '--digestfile',
    digestFile,
    'localhost/buildah:v1',
    `docker://${world.host}/${session.image}:v1`,
  ]);
  session.digest = readFileSync(digestFile, 'utf8').trim();
  const manifest = await world.http.manifest(session.image, 'v1');
  assert.equal(manifest.digest, session.digest);
  const config = JSON.parse((await world.http.blob(session.image, manifest.json.config.digest)).toString());
  assert.equal(config.config.Labels['made-by'], 'buildah');
  session.layers = manifest.json.layers.map((layer) => layer.digest);
  for (const layer of session.layers) await world.http.blob(session.image, layer);
}

async function pull(world, session) {
  await session.command('owner').run(['rmi', '--all', '--force']);
  session.container = await pullAndCompare(world, session, 'owner', `${session.image}@${session.digest}`);
}

/** Starts a working container on the pulled image and compares the one file in it; answers the container. */
async function pullAndCompare(world, session, who, reference) {
  const client = session.command(who);
  const container = (await client.run(['from', '--pull-always', `${world.host}/${reference}`])).stdout.trim();
  const folder = (await client.run(['mount', container])).stdout.trim();
  assert.ok(
    readFileSync(join(folder, 'content')).equals(session.content),
    'the file in the pulled image has other bytes',
  );
  await client.run(['umount', container]);
  return container;
}

async function pushDerived(world, session) {
  const owner = session.command('owner');
  writeFileSync(join(session.folder, 'more'), 'more\n');
  await owner.run(['copy', session.container, join(session.folder, 'more'), '/more']);
  await owner.run(['commit', '--rm', session.container, 'localhost/buildah:v2']);
  await owner.run(['push', 'localhost/buildah:v2', `docker://${world.host}/${session.image}:v2`]);
  const manifest = await world.http.manifest(session.image, 'v2');
  assert.equal(manifest.json.layers.length, 2);
  assert.equal(manifest.json.layers[0].digest, session.layers[0]);
}

async function anonymousPull(world, session) {
  const open = `${world.open}/buildah`;
  await session.command('owner').run(['push', 'localhost/buildah:v2', `docker://${world.host}/${open}:v1`]);
  await session.command('owner').run(['rmi', '--all', '--force']);
  await pullAndCompare(world, session, 'nobody', `${open}:v1`);
}

async function anonymousRefused(world, { command, image }) {
  await command('nobody').refused(['pull', `${world.host}/${image}:v1`], NO_RIGHT);
}

async function refusedPush(world, { command, image }) {
  const source = `${world.host}/${world.open}/buildah:v1`;
  await command('reader').refused(['push', source, `docker://${world.host}/${image}:refused`], NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'refused')).status, 404);
}
