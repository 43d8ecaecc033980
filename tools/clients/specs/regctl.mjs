// regctl: images, artifacts with a subject, referrers, copies that take the referrers along, ranges, tag delete.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refused, run } from '../command.mjs';
import { clientHome } from '../world/client-home.mjs';
import { startCuttingProxy } from '../world/cutting-proxy.mjs';
import { digestOf, writeLayout } from '../world/synthetic-image.mjs';
import { loginBehaviours } from './login.mjs';
import { NO_RIGHT, UNKNOWN } from './refusals.mjs';

const SBOM = 'application/spdx+json';
const NOTE = 'application/vnd.example.note';

export const regctl = {
  name: 'regctl',
  async start(world, { program }, folder) {
    const seed = `regctl/${world.composition}`;
    const single = writeLayout(join(folder, 'single'), { seed: `${seed}/single` });
    const index = writeLayout(join(folder, 'index'), { seed: `${seed}/index`, platforms: ['amd64', 'arm64'] });
    const command = (who) => regctlCommand(program, join(folder, who), world.host);
    for (const who of ['owner', 'reader', 'wrong', 'nobody'])
      await command(who).run(['registry', 'set', '--tls', 'disabled', '--skip-check', world.host]);
    return { single, index, folder, image: `${world.closed}/regctl`, command, stop: async () => {} };
  },
  behaviours: [
    ...loginBehaviours('regctl', (world, user) => ['registry', 'login', world.host, '--user', user, '--pass-stdin']),
    ['copies an image in under its digest', copyIn],
    ['copies an index in with all its manifests', copyIndexIn],
    ['lists the tags', listTags],
    ['lists the image among the repositories', listRepositories],
    ['pulls the image to a layout, with the same bytes', pull],
    ['puts an artifact with a subject, and it is a referrer', artifact],
    ['filters referrers by artifact type', filtered],
    ['reads an artifact back, with the same bytes', artifactGet],
    ['copies an image with its referrers', copyWithReferrers],
    ['goes on with a ranged blob request after a cut connection', rangedBlob],
    ['puts and gets a blob of its own', blob],
    ['pulls public content without a login', anonymousPull],
    ['refuses to pull private content without a login', anonymousRefused],
    ['refuses the push of a key that may only pull', refusedPush],
    ['refuses the tag delete of a key that may only pull', refusedDelete],
    ['deletes a tag, and what it pointed to stays', tagDelete],
    ['deletes a manifest by digest, and it is gone at once', manifestDelete],
  ],
};

function regctlCommand(program, folder) {
  const env = { ...clientHome(folder), REGCTL_CONFIG: join(folder, 'regctl.json') };
  return {
    run: (args, options) => run(program, args, { env, ...options }),
    refused: (args, because, options) => refused(program, args, because, { env, ...options }),
  };
}

const layoutOf = ({ folder, tag }) => `ocidir://${folder}:${tag}`;
const blobOf = (folder, digest) => readFileSync(join(folder, 'blobs', 'sha256', digest.slice(7)));

async function copyIn(world, { command, single, image }) {
  await command('owner').run(['image', 'copy', layoutOf(single), `${world.host}/${image}:v1`]);
  assert.equal((await world.http.manifest(image, 'v1')).digest, single.digest);
  const { stdout } = await command('reader').run(['image', 'digest', `${world.host}/${image}:v1`]);
  assert.equal(stdout.trim(), single.digest);
}

async function copyIndexIn(world, { command, index, image }) {
  await command('owner').run(['image', 'copy', layoutOf(index), `${world.host}/${image}:index`]);
  for (const { digest } of [index, ...index.children])
    assert.equal((await world.http.manifest(image, digest)).digest, digest);
}

async function listTags(world, { command, image }) {
  const { stdout } = await command('reader').run(['tag', 'ls', `${world.host}/${image}`]);
  assert.deepEqual(stdout.trim().split('\n').sort(), ['index', 'v1']);
}

async function listRepositories(world, { command, image }) {
  const { stdout } = await command('reader').run(['repo', 'ls', world.host]);
  assert.ok(
    stdout.split('\n').some((name) => name.trim().endsWith(image)),
    stdout,
  );
}

function pull(world, session) {
  return pullAndCompare(world, session, 'reader', `${session.image}:v1`);
}

async function pullAndCompare(world, session, who, reference) {
  const folder = join(session.folder, `out-${who}`);
  const { single } = session;
  await session.command(who).run(['image', 'copy', `${world.host}/${reference}`, `ocidir://${folder}:v1`]);
  const { config, layers } = JSON.parse(blobOf(single.folder, single.digest).toString());
  for (const { digest } of [single, config, ...layers])
    assert.ok(blobOf(folder, digest).equals(blobOf(single.folder, digest)), `${digest} has other bytes`);
}

async function artifact(world, session) {
  const { command, folder, single, image } = session;
  const subject = ['--subject', `${world.host}/${image}:v1`];
  for (const type of [SBOM, NOTE]) {
    const file = join(folder, `${type.replaceAll(/\W/g, '-')}.txt`);
    writeFileSync(file, `about ${single.digest}: ${type}\n`);
    const media = ['--artifact-type', type, '--file', file, '--file-media-type', 'text/plain'];
    await command('owner').run(['artifact', 'put', ...media, '--annotation', 'made-by=regctl', ...subject]);
  }
  const referrers = await world.http.referrers(image, single.digest);
  assert.deepEqual(referrers.map((each) => each.artifactType).sort(), [SBOM, NOTE].sort());
  for (const each of referrers) assert.equal(each.annotations['made-by'], 'regctl');
  session.sbom = referrers.find((each) => each.artifactType === SBOM).digest;
}

async function filtered(world, { command, sbom, image }) {
  const filter = ['--filter-artifact-type', SBOM, '--format', '{{range .Descriptors}}{{println .Digest}}{{end}}'];
  const { stdout } = await command('reader').run(['artifact', 'list', ...filter, `${world.host}/${image}:v1`]);
  assert.equal(stdout.trim(), sbom);
}

async function artifactGet(world, { command, single, image }) {
  const args = ['artifact', 'get', '--subject', `${world.host}/${image}:v1`, '--filter-artifact-type', NOTE];
  const { stdout } = await command('reader').run(args);
  assert.equal(stdout, `about ${single.digest}: ${NOTE}\n`);
}

async function copyWithReferrers(world, { command, single, sbom, image }) {
  const target = `${image}/copied`;
  await command('owner').run([
    'image',
    'copy',
    '--referrers',
    `${world.host}/${image}:v1`,
    `${world.host}/${target}:v1`,
  ]);
  assert.equal((await world.http.manifest(target, 'v1')).digest, single.digest);
  const referrers = await world.http.referrers(target, single.digest);
  assert.equal(referrers.length, 2);
  assert.equal((await world.http.manifest(target, sbom)).digest, sbom);
}

async function rangedBlob(world, { command, single, image }) {
  const [layer] = JSON.parse(blobOf(single.folder, single.digest).toString()).layers;
  const proxy = await startCuttingProxy(world.url);
  const { user, secret } = world.reader;
  const copied = `ocidir://${join(single.folder, '..', 'ranged')}:v1`;
  try {
    const host = `reg=${proxy.host},user=${user},pass=${secret},tls=disabled`;
    const args = ['--host', host, 'image', 'copy', `${proxy.host}/${image}:v1`, copied];
    await command('reader').run(args, { hide: [secret] });
  } finally {
    await proxy.stop();
  }
  assert.equal(proxy.cuts(), 1);
  assert.ok(proxy.ranges.length > 0, 'no ranged request followed the cut');
  const bytes = blobOf(join(single.folder, '..', 'ranged'), layer.digest);
  assert.equal(digestOf(bytes), layer.digest);
}

async function blob(world, { command, image }) {
  const bytes = 'a blob put by regctl\n';
  const { stdout } = await command('owner').run(['blob', 'put', `${world.host}/${image}`], { input: bytes });
  assert.equal(stdout.trim(), digestOf(bytes));
  const got = await command('reader').run(['blob', 'get', `${world.host}/${image}`, digestOf(bytes)]);
  assert.equal(got.stdout, bytes);
}

async function anonymousPull(world, session) {
  const open = `${world.open}/regctl:v1`;
  await session.command('owner').run(['image', 'copy', layoutOf(session.single), `${world.host}/${open}`]);
  await pullAndCompare(world, session, 'nobody', open);
}

async function anonymousRefused(world, { command, image }) {
  await command('nobody').refused(['manifest', 'get', `${world.host}/${image}:v1`], NO_RIGHT);
}

async function refusedPush(world, { command, single, image }) {
  await command('reader').refused(['image', 'copy', layoutOf(single), `${world.host}/${image}:refused`], NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'refused')).status, 404);
}

async function refusedDelete(world, { command, single, image }) {
  await command('reader').refused(['tag', 'delete', `${world.host}/${image}:v1`], NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'v1')).digest, single.digest);
}

async function tagDelete(world, { command, single, image }) {
  await command('owner').run(['tag', 'delete', `${world.host}/${image}:v1`]);
  assert.equal((await world.http.manifest(image, 'v1')).status, 404);
  assert.equal((await world.http.manifest(image, single.digest)).status, 200);
}

async function manifestDelete(world, { command, single, image }) {
  const name = `${world.host}/${image}@${single.digest}`;
  await command('owner').run(['manifest', 'delete', name]);
  await command('owner').refused(['manifest', 'get', name], UNKNOWN);
}
