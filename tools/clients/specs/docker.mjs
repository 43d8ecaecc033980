// docker: a real engine, started here with its data in a temporary folder, without a network of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, refused, run } from '../command.mjs';
import { asRoot, requireRoot } from '../world/as-root.mjs';
import { clientHome } from '../world/client-home.mjs';
import { seededBytes, tarOf } from '../world/synthetic-image.mjs';
import { dockerLogin, loginBehaviours } from './login.mjs';
import { NO_RIGHT } from './refusals.mjs';

const START_SECONDS = 60;
const STOP_SECONDS = 20;
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

export const docker = {
  name: 'docker',
  async start(world, { env: base }, folder) {
    await requireRoot();
    const engine = await startEngine(folder, base);
    const content = seededBytes(`docker/${world.composition}`, 300_000);
    writeFileSync(join(folder, 'root.tar'), tarOf({ content }));
    const command = (who) => dockerCommand(folder, base, engine.socket, who);
    return { content, folder, image: `${world.closed}/docker`, command, stop: () => stopEngine(engine) };
  },
  behaviours: [
    ...loginBehaviours('docker', dockerLogin),
    ['pushes an image that is there under the digest docker reports', push],
    ['shows the manifest by docker manifest inspect', inspect],
    ['pulls by tag into an empty engine, with the same bytes', pullByTag],
    ['pulls by digest', pullByDigest],
    ['pushes a second tag of the same image without new bytes', retag],
    ['pulls public content without a login', anonymousPull],
    ['refuses to pull private content without a login', anonymousRefused],
    ['refuses the push of a key that may only pull', refusedPush],
  ],
};

function dockerCommand(folder, base, socket, who) {
  const env = clientHome(join(folder, who), base);
  const line = (args) => asRoot('docker', ['--host', `unix://${socket}`, ...args], env);
  return {
    run: (args, options) => run(...line(args), { env, ...options }),
    refused: (args, because, options) => refused(...line(args), because, { env, ...options }),
  };
}

async function push(world, session) {
  const owner = session.command('owner');
  const name = `${world.host}/${session.image}:v1`;
  session.id = (await owner.run(['import', join(session.folder, 'root.tar'), name])).stdout.trim();
  const { stdout } = await owner.run(['push', name]);
  session.digest = /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1];
  const manifest = await world.http.manifest(session.image, 'v1');
  assert.equal(manifest.digest, session.digest);
  assert.equal(manifest.mediaType, DOCKER_MANIFEST);
  assert.equal(manifest.json.config.digest, session.id);
  for (const layer of manifest.json.layers) await world.http.blob(session.image, layer.digest);
}

async function inspect(world, { command, image, id }) {
  const { stdout } = await command('owner').run(['manifest', 'inspect', '--insecure', `${world.host}/${image}:v1`]);
  assert.equal(JSON.parse(stdout).config.digest, id);
}

function pullByTag(world, session) {
  return pullAndCompare(world, session, 'reader', `${session.image}:v1`);
}

function pullByDigest(world, session) {
  return pullAndCompare(world, session, 'reader', `${session.image}@${session.digest}`);
}

/** Empties the engine, pulls, and compares image id, digest and the bytes of the one file in the image. */
async function pullAndCompare(world, session, who, reference) {
  const client = session.command(who);
  const name = `${world.host}/${reference}`;
  await client.run(['system', 'prune', '--all', '--force']);
  const { stdout } = await client.run(['pull', name]);
  assert.ok(stdout.includes(session.digest), stdout);
  assert.equal((await client.run(['image', 'inspect', '--format', '{{.Id}}', name])).stdout.trim(), session.id);
  const container = (await client.run(['create', '--network', 'none', name, '/content'])).stdout.trim();
  const copy = join(session.folder, `${who}-content`);
  await client.run(['cp', `${container}:/content`, copy]);
  await client.run(['rm', container]);
  assert.ok(readFileSync(copy).equals(session.content), 'the file in the pulled image has other bytes');
}

async function retag(world, session) {
  const owner = session.command('owner');
  await owner.run(['tag', `${world.host}/${session.image}@${session.digest}`, `${world.host}/${session.image}:v2`]);
  const { stdout } = await owner.run(['push', `${world.host}/${session.image}:v2`]);
  assert.match(stdout, /Layer already exists/);
  assert.ok((await world.http.tags(session.image)).includes('v2'));
}

async function anonymousPull(world, session) {
  const owner = session.command('owner');
  const open = `${world.open}/docker`;
  await owner.run(['tag', `${world.host}/${session.image}:v2`, `${world.host}/${open}:v1`]);
  await owner.run(['push', `${world.host}/${open}:v1`]);
  await pullAndCompare(world, session, 'nobody', `${open}:v1`);
}

async function anonymousRefused(world, { command, image }) {
  await command('nobody').refused(['pull', `${world.host}/${image}:v1`], NO_RIGHT);
}

async function refusedPush(world, { command, folder, image }) {
  const name = `${world.host}/${image}:refused`;
  await command('reader').run(['import', join(folder, 'root.tar'), name]);
  await command('reader').refused(['push', name], NO_RIGHT);
  assert.equal((await world.http.manifest(image, 'refused')).status, 404);
}

/** Starts dockerd and waits until it answers. Throws with the end of its log when it does not. */
async function startEngine(folder, base) {
  const home = join(folder, 'engine');
  mkdirSync(home, { recursive: true });
  const socket = join(home, 'docker.sock');
  const env = clientHome(home, base);
  const [program, args] = asRoot('dockerd', engineArguments(home, socket), env);
  const log = openSync(join(home, 'log'), 'w');
  const child = spawn('nice', [program, ...args], { env, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const engine = { child, socket, env, pidFile: join(home, 'pid') };
  child.on('exit', () => (engine.ended = true));
  child.on('error', () => (engine.ended = true));
  for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end && !engine.ended; await sleep(250)) {
    const version = await attempt(...asRoot('docker', ['--host', `unix://${socket}`, 'version'], env), { env });
    if (version.code === 0) return engine;
  }
  await stopEngine(engine);
  throw new Error(`the docker engine did not start:\n${readFileSync(join(home, 'log'), 'utf8').slice(-3000)}`);
}

function engineArguments(home, socket) {
  const folders = [
    '--data-root',
    join(home, 'data'),
    '--exec-root',
    join(home, 'exec'),
    '--pidfile',
    join(home, 'pid'),
  ];
  const alone = ['--iptables=false', '--ip6tables=false', '--ip-masq=false', '--bridge=none', '--storage-driver=vfs'];
  return [...folders, ...alone, '--host', `unix://${socket}`];
}

/** Stops dockerd and the containerd that it started: by SIGTERM, and by SIGKILL to its group when that is not enough. */
async function stopEngine(engine) {
  if (engine.ended) return;
  const kill = (signal, pid) => attempt(...asRoot('kill', [signal, '--', pid], engine.env), { env: engine.env });
  await kill('-TERM', readFileSync(engine.pidFile, 'utf8').trim());
  for (const end = Date.now() + STOP_SECONDS * 1000; Date.now() < end; await sleep(100)) if (engine.ended) return;
  await kill('-KILL', `-${engine.child.pid}`);
}
