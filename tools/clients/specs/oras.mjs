// The ORAS Python client. It keeps the first token it got for all that follows, and asks for a token to pull before it
// pushes: so it writes with Basic, as its users do, and reads with tokens.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refused, run } from '../command.mjs';
import { clientHome } from '../world/client-home.mjs';
import { seededBytes } from '../world/synthetic-image.mjs';
import { NO_RIGHT, UNKNOWN, WRONG_SECRET } from './refusals.mjs';

const DRIVER = fileURLToPath(new URL('./oras-driver.py', import.meta.url));
const ANNOTATIONS = { 'org.example.made-by': 'oras', 'org.opencontainers.image.title': 'notes' };

export const oras = {
  name: 'oras',
  async start(world, { python }, folder) {
    const content = seededBytes(`oras/${world.composition}`, 3_000_000);
    writeFileSync(join(folder, 'content.bin'), content);
    const command = (who) => orasCommand(python, join(folder, who), world);
    return { content, folder, image: `${world.closed}/oras`, command, stop: async () => {} };
  },
  behaviours: [
    ['is refused after a login with a wrong secret', wrongLogin],
    ['logs in with an access key', login],
    ['pushes a file with annotations', push],
    ['pushes a file in chunks, with the same digest', pushChunked],
    ['pushes an artifact with a subject, and it is a referrer', pushReferrer],
    ['lists the tags', tags],
    ['pulls with a token, with the same bytes and annotations', pull],
    ['pulls with Basic, with the same bytes', pullBasic],
    ['pulls public content without a login', anonymousPull],
    ['refuses to pull private content without a login', anonymousRefused],
    ['refuses the push of a key that may only pull', refusedPush],
    ['refuses the delete of a key that may only pull', refusedDelete],
    ['deletes a tag, and it is gone at once', deletes],
  ],
};

function orasCommand(python, folder, world) {
  const env = clientHome(folder);
  const config = join(folder, '.docker', 'config.json');
  const asked = (request) => JSON.stringify({ host: world.host, backend: 'token', config, ...request });
  return {
    ask: async (request) => {
      const hide = request.secret ? [request.secret] : [];
      return JSON.parse((await run(python, [DRIVER], { env, hide, input: asked(request) })).stdout);
    },
    refused: (request, because) => refused(python, [DRIVER], because, { env, input: asked(request) }),
  };
}

const target = (world, image, tag = 'v1') => `${world.host}/${image}:${tag}`;

async function wrongLogin(world, { command, image }) {
  await command('wrong').ask({ action: 'login', ...world.wrong });
  await command('wrong').refused({ action: 'tags', target: target(world, image) }, WRONG_SECRET_OR_NO_TOKEN);
}

// Without a token the client says only this.
const WRONG_SECRET_OR_NO_TOKEN = new RegExp(`${WRONG_SECRET.source}|requires a token|request for authentication`, 'i');

async function login(world, { command }) {
  for (const who of ['owner', 'reader']) {
    const answer = await command(who).ask({ action: 'login', ...world[who] });
    assert.equal(answer.Status, 'Login Succeeded');
  }
}

const file = (folder) => `${join(folder, 'content.bin')}:application/octet-stream`;

async function push(world, session) {
  const { command, folder, image } = session;
  const ask = { action: 'push', backend: 'basic', target: target(world, image), files: [file(folder)] };
  const { digest } = await command('owner').ask({ ...ask, annotations: ANNOTATIONS });
  const manifest = await world.http.manifest(image, 'v1');
  assert.equal(manifest.digest, digest);
  assert.deepEqual(manifest.json.annotations, ANNOTATIONS);
  const bytes = await world.http.blob(image, manifest.json.layers[0].digest);
  assert.ok(bytes.equals(session.content), 'the pushed blob has other bytes');
  session.manifest = manifest;
}

async function pushChunked(world, { command, folder, content, image }) {
  const chunked = `${image}/chunked`;
  const ask = { action: 'push', backend: 'basic', target: target(world, chunked), files: [file(folder)] };
  await command('owner').ask({ ...ask, chunk_size: 700_000 });
  const manifest = await world.http.manifest(chunked, 'v1');
  assert.ok((await world.http.blob(chunked, manifest.json.layers[0].digest)).equals(content));
}

async function pushReferrer(world, { command, folder, image, manifest }) {
  const subject = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length };
  const ask = { action: 'push', backend: 'basic', target: target(world, image, 'about'), files: [file(folder)] };
  await command('owner').ask({ ...ask, subject });
  const referrers = await world.http.referrers(image, manifest.digest);
  assert.deepEqual(
    referrers.map((each) => each.digest),
    [(await world.http.manifest(image, 'about')).digest],
  );
}

async function tags(world, { command, image }) {
  const names = await command('reader').ask({ action: 'tags', target: target(world, image) });
  assert.deepEqual(names.sort(), ['about', 'v1']);
}

async function pullAndCompare(world, session, who, reference, backend) {
  const outdir = join(session.folder, `out-${who}-${backend}`);
  mkdirSync(outdir, { recursive: true });
  const files = await session.command(who).ask({ action: 'pull', backend, target: reference, outdir });
  assert.equal(files.length, 1);
  assert.ok(readFileSync(files[0]).equals(session.content), 'the pulled file has other bytes');
}

async function pull(world, session) {
  const reference = target(world, session.image);
  await pullAndCompare(world, session, 'reader', reference, 'token');
  const manifest = await session.command('reader').ask({ action: 'manifest', target: reference });
  assert.deepEqual(manifest.annotations, ANNOTATIONS);
}

function pullBasic(world, session) {
  return pullAndCompare(world, session, 'reader', target(world, session.image), 'basic');
}

async function anonymousPull(world, session) {
  const reference = target(world, `${world.open}/oras`);
  const ask = { action: 'push', backend: 'basic', target: reference, files: [file(session.folder)] };
  await session.command('owner').ask(ask);
  await pullAndCompare(world, session, 'nobody', reference, 'token');
}

async function anonymousRefused(world, { command, folder, image }) {
  const ask = { action: 'pull', target: target(world, image), outdir: join(folder, 'never') };
  await command('nobody').refused(ask, NO_RIGHT);
}

async function refusedPush(world, { command, folder, image }) {
  const ask = { action: 'push', backend: 'basic', target: target(world, image, 'refused'), files: [file(folder)] };
  await command('reader').refused(ask, NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'refused')).status, 404);
}

async function refusedDelete(world, { command, image, manifest }) {
  const ask = { action: 'delete', backend: 'basic', target: target(world, image), tag: 'v1' };
  await command('reader').refused(ask, NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'v1')).digest, manifest.digest);
}

async function deletes(world, { command, image, manifest }) {
  const ask = { action: 'delete', backend: 'basic', target: target(world, image), tag: 'v1' };
  assert.deepEqual(await command('owner').ask(ask), ['v1']);
  assert.equal((await world.http.manifest(image, manifest.digest)).status, 404);
  await command('reader').refused({ action: 'manifest', target: target(world, image) }, UNKNOWN);
}
