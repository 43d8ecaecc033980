// helm 3: login, package, push, pull, show, and a version range, for which it lists the tags.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refused, run } from '../command.mjs';
import { clientHome } from '../world/client-home.mjs';
import { loginBehaviours } from './login.mjs';
import { NO_RIGHT, UNKNOWN } from './refusals.mjs';

const PLAIN = '--plain-http';
const CHART = 'harbour';

export const helm = {
  name: 'helm',
  async start(world, { program }, folder) {
    const command = (who) => helmCommand(program, clientHome(join(folder, who)), folder);
    return { folder, image: `${world.closed}/${CHART}`, command, stop: async () => {} };
  },
  behaviours: [
    ...loginBehaviours('helm', (world, user) => [
      ...['registry', 'login', world.host, '--username', user, '--password-stdin', PLAIN],
    ]),
    ['pushes a packaged chart', push],
    ['pushes a chart whose version has build metadata', pushMetadata],
    ['pulls a chart with the same bytes', pull],
    ['shows chart, values and readme of a chart', show],
    ['finds the newest chart of a version range', range],
    ['renders a chart straight from the registry', template],
    ['pulls a chart by digest', pullByDigest],
    ['pulls a public chart without a login', anonymousPull],
    ['refuses to pull a private chart without a login', anonymousRefused],
    ['refuses the push of a key that may only pull', refusedPush],
    ['is told that a deleted chart is unknown', deleted],
    ['logs out, and is refused again', logout],
  ],
};

function helmCommand(program, env, cwd) {
  return {
    run: (args, options) => run(program, args, { env, cwd, ...options }),
    refused: (args, because, options) => refused(program, args, because, { env, cwd, ...options }),
  };
}

/** Writes and packages a chart; answers the path of the archive. */
async function packageChart({ command, folder }, version) {
  const chart = join(folder, `chart-${version}`, CHART);
  mkdirSync(join(chart, 'templates'), { recursive: true });
  const write = (name, lines) => writeFileSync(join(chart, name), `${lines.join('\n')}\n`);
  write('Chart.yaml', ['apiVersion: v2', `name: ${CHART}`, 'description: A quay', `version: ${version}`]);
  write('values.yaml', ['berths: 3']);
  write('README.md', ['A quay with berths.']);
  const template = ['apiVersion: v1', 'kind: ConfigMap', 'metadata:', '  name: quay', 'data:'];
  write('templates/quay.yaml', [...template, '  berths: "{{ .Values.berths }}"']);
  await command('owner').run(['package', chart, '--destination', folder]);
  return join(folder, `${CHART}-${version}.tgz`);
}

const chartUrl = (world, repository = world.closed) => `oci://${world.host}/${repository}`;

async function push(world, session) {
  for (const version of ['0.1.0', '0.2.0']) {
    const archive = await packageChart(session, version);
    await session.command('owner').run(['push', archive, chartUrl(world), PLAIN]);
    const manifest = await world.http.manifest(session.image, version);
    assert.equal(manifest.json.config.mediaType, 'application/vnd.cncf.helm.config.v1+json');
    const bytes = await world.http.blob(session.image, manifest.json.layers[0].digest);
    assert.ok(bytes.equals(readFileSync(archive)), 'the pushed chart has other bytes');
  }
}

async function pushMetadata(world, session) {
  const archive = await packageChart(session, '0.1.1+build.7');
  await session.command('owner').run(['push', archive, chartUrl(world), PLAIN]);
  assert.equal((await world.http.manifest(session.image, '0.1.1_build.7')).status, 200);
}

function pull(world, session) {
  return pullAndCompare(world, session, 'reader', world.closed);
}

async function pullAndCompare(world, session, who, repository) {
  const out = join(session.folder, `out-${who}`);
  mkdirSync(out);
  const chart = `${chartUrl(world, repository)}/${CHART}`;
  await session.command(who).run(['pull', chart, '--version', '0.1.0', '--destination', out, PLAIN]);
  const name = `${CHART}-0.1.0.tgz`;
  const pulled = readFileSync(join(out, name));
  assert.ok(pulled.equals(readFileSync(join(session.folder, name))), 'the pulled chart has other bytes');
}

async function show(world, { command }) {
  const chart = `${chartUrl(world)}/${CHART}`;
  const shown = { chart: /version: 0\.1\.0/, values: /berths: 3/, readme: /A quay with berths/ };
  for (const [what, text] of Object.entries(shown)) {
    const { stdout } = await command('reader').run(['show', what, chart, '--version', '0.1.0', PLAIN]);
    assert.match(stdout, text);
  }
}

async function range(world, { command }) {
  const chart = `${chartUrl(world)}/${CHART}`;
  const { stdout } = await command('reader').run(['show', 'chart', chart, '--version', '>=0.1.0 <1.0.0', PLAIN]);
  assert.match(stdout, /version: 0\.2\.0/);
}

async function template(world, { command }) {
  const args = ['template', 'quay', `${chartUrl(world)}/${CHART}`, '--version', '0.1.0', '--set', 'berths=5', PLAIN];
  assert.match((await command('reader').run(args)).stdout, /berths: "5"/);
}

async function pullByDigest(world, { command, folder, image }) {
  const { digest } = await world.http.manifest(image, '0.2.0');
  const out = join(folder, 'out-digest');
  mkdirSync(out);
  const chart = `${chartUrl(world)}/${CHART}@${digest}`;
  const { output } = await command('reader').run(['pull', chart, '--destination', out, PLAIN]);
  assert.ok(output.includes(digest), output);
}

async function anonymousPull(world, session) {
  const archive = join(session.folder, `${CHART}-0.1.0.tgz`);
  await session.command('owner').run(['push', archive, chartUrl(world, world.open), PLAIN]);
  await pullAndCompare(world, session, 'nobody', world.open);
}

async function anonymousRefused(world, { command }) {
  const chart = `${chartUrl(world)}/${CHART}`;
  await command('nobody').refused(['show', 'chart', chart, '--version', '0.1.0', PLAIN], NO_RIGHT);
}

async function refusedPush(world, session) {
  const archive = await packageChart(session, '0.9.0');
  await session.command('reader').refused(['push', archive, chartUrl(world), PLAIN], NO_RIGHT);
  assert.equal((await world.http.manifest(session.image, '0.9.0')).status, 404);
}

async function deleted(world, { command, image }) {
  const { digest } = await world.http.manifest(image, '0.2.0');
  const response = await world.http.request(`${image}/manifests/${digest}`, { method: 'DELETE' });
  assert.equal(response.status, 202);
  const chart = `${chartUrl(world)}/${CHART}`;
  await command('reader').refused(['show', 'chart', chart, '--version', '0.2.0', PLAIN], UNKNOWN);
  const newest = await command('reader').run(['show', 'chart', chart, '--version', '>=0.1.0 <1.0.0', PLAIN]);
  assert.match(newest.stdout, /version: 0\.1\.1/);
}

async function logout(world, { command }) {
  await command('reader').run(['registry', 'logout', world.host]);
  const chart = `${chartUrl(world)}/${CHART}`;
  await command('reader').refused(['show', 'chart', chart, '--version', '0.1.0', PLAIN], NO_RIGHT);
}
