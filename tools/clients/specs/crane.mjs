// crane: push, pull, digest, ls, catalog, copy, tag and delete. `crane auth login` only writes the secret down; the
// registry sees it with the next command.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refused, run } from '../command.mjs';
import { clientHome } from '../world/client-home.mjs';
import { writeLayout } from '../world/synthetic-image.mjs';
import { NO_RIGHT, UNKNOWN, WRONG_SECRET } from './refusals.mjs';

export const crane = {
  name: 'crane',
  async start(world, { program }, folder) {
    const seed = `crane/${world.composition}`;
    const single = writeLayout(join(folder, 'single'), { seed: `${seed}/single` });
    const index = writeLayout(join(folder, 'index'), { seed: `${seed}/index`, platforms: ['amd64', 'arm64'] });
    const command = (who) => craneCommand(program, clientHome(join(folder, who)));
    return { single, index, folder, image: `${world.closed}/crane`, command, stop: async () => {} };
  },
  behaviours: [
    ['is refused after a login with a wrong secret', wrongLogin],
    ['is let in after a login with an access key', login],
    ['pushes an image under its digest', push],
    ['pushes an index with all its manifests', pushIndex],
    ['lists the tags by ls', ls],
    ['lists the image in catalog', catalog],
    ['pulls a layout with the same bytes', pull],
    ['finds the image well-formed by validate', validate],
    ['reads the one file of the image by export', exports],
    ['tags and copies, with the digest kept', tagAndCopy],
    ['pulls public content without a login', anonymousPull],
    ['refuses to pull private content without a login', anonymousRefused],
    ['refuses the catalog without a login', anonymousCatalog],
    ['refuses the push of a key that may only pull', refusedPush],
    ['refuses the delete of a key that may only pull', refusedDelete],
    ['deletes a tag, and what it pointed to stays', deleteTag],
    ['deletes by digest, and it is gone at once', deleteDigest],
  ],
};

function craneCommand(program, env) {
  return {
    run: (args, options) => run(program, args, { env, ...options }),
    refused: (args, because, options) => refused(program, args, because, { env, ...options }),
  };
}

const loginArguments = (world, user) => ['auth', 'login', world.host, '--username', user, '--password-stdin'];

async function wrongLogin(world, { command }) {
  const { user, secret } = world.wrong;
  await command('wrong').run(loginArguments(world, user), { input: secret, hide: [secret] });
  await command('wrong').refused(['catalog', world.host], WRONG_SECRET);
}

async function login(world, { command }) {
  for (const who of ['owner', 'reader']) {
    const { user, secret } = world[who];
    await command(who).run(loginArguments(world, user), { input: secret, hide: [secret] });
    await command(who).run(['catalog', world.host]);
  }
}

async function push(world, { command, single, image }) {
  await command('owner').run(['push', single.folder, `${world.host}/${image}:v1`]);
  assert.equal((await world.http.manifest(image, 'v1')).digest, single.digest);
  const { stdout } = await command('reader').run(['digest', `${world.host}/${image}:v1`]);
  assert.equal(stdout.trim(), single.digest);
}

async function pushIndex(world, { command, index, image }) {
  await command('owner').run(['push', index.folder, `${world.host}/${image}:index`]);
  const { stdout } = await command('reader').run(['manifest', `${world.host}/${image}:index`]);
  const children = JSON.parse(stdout).manifests.map((child) => child.digest);
  assert.deepEqual(
    children,
    index.children.map((child) => child.digest),
  );
}

async function ls(world, { command, image }) {
  const { stdout } = await command('reader').run(['ls', `${world.host}/${image}`]);
  assert.deepEqual(stdout.trim().split('\n').sort(), ['index', 'v1']);
}

async function catalog(world, { command, image }) {
  const { stdout } = await command('reader').run(['catalog', world.host]);
  assert.ok(
    stdout.split('\n').some((name) => name.trim().endsWith(image)),
    stdout,
  );
}

async function pull(world, session) {
  await pullAndCompare(world, session, 'reader', `${session.image}:v1`, session.single);
  await pullAndCompare(world, session, 'reader', `${session.image}@${session.index.digest}`, session.index);
}

async function pullAndCompare(world, session, who, reference, layout) {
  const folder = join(session.folder, `out-${who}-${reference.replaceAll(/\W/g, '-')}`);
  await session.command(who).run(['pull', '--format', 'oci', `${world.host}/${reference}`, folder]);
  const blob = (root, digest) => readFileSync(join(root, 'blobs', 'sha256', digest.slice(7)));
  const same = (digest) => assert.ok(blob(folder, digest).equals(blob(layout.folder, digest)), `${digest} differs`);
  same(layout.digest);
  for (const child of layout.children) {
    const { config, layers } = JSON.parse(blob(layout.folder, child.digest).toString());
    for (const { digest } of [child, config, ...layers]) same(digest);
  }
}

async function validate(world, { command, image }) {
  for (const tag of ['v1', 'index'])
    await command('reader').run(['validate', '--remote', `${world.host}/${image}:${tag}`]);
}

async function exports(world, { command, folder, single, image }) {
  const archive = join(folder, 'export.tar');
  await command('reader').run(['export', `${world.host}/${image}:v1`, archive]);
  assert.ok(readFileSync(archive).includes(single.content), 'the exported file system lacks the file');
}

async function tagAndCopy(world, { command, single, image }) {
  await command('owner').run(['tag', `${world.host}/${image}:v1`, 'v2']);
  assert.equal((await world.http.manifest(image, 'v2')).digest, single.digest);
  await command('owner').run(['copy', `${world.host}/${image}:v1`, `${world.host}/${image}/copied:v1`]);
  assert.equal((await world.http.manifest(`${image}/copied`, 'v1')).digest, single.digest);
}

async function anonymousPull(world, session) {
  const open = `${world.open}/crane:v1`;
  await session.command('owner').run(['push', session.single.folder, `${world.host}/${open}`]);
  await pullAndCompare(world, session, 'nobody', open, session.single);
}

async function anonymousRefused(world, { command, image }) {
  await command('nobody').refused(['manifest', `${world.host}/${image}:v1`], NO_RIGHT);
}

async function anonymousCatalog(world, { command }) {
  await command('nobody').refused(['catalog', world.host], NO_RIGHT);
}

async function refusedPush(world, { command, index, image }) {
  await command('reader').refused(['push', index.folder, `${world.host}/${image}:refused`], NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'refused')).status, 404);
}

async function refusedDelete(world, { command, single, image }) {
  await command('reader').refused(['delete', `${world.host}/${image}@${single.digest}`], NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'v1')).digest, single.digest);
}

async function deleteTag(world, { command, single, image }) {
  await command('owner').run(['delete', `${world.host}/${image}:v2`]);
  assert.equal((await world.http.manifest(image, 'v2')).status, 404);
  assert.equal((await world.http.manifest(image, single.digest)).status, 200);
}

async function deleteDigest(world, { command, single, image }) {
  await command('owner').run(['delete', `${world.host}/${image}@${single.digest}`]);
  await command('owner').refused(['manifest', `${world.host}/${image}:v1`], UNKNOWN);
  assert.ok(!(await world.http.tags(image)).includes('v1'));
}
