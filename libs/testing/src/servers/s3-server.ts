import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real S3 server of a spec's own, on loopback, with an empty data folder. */
export interface S3Server {
  readonly name: 'MinIO' | 'SeaweedFS';
  /** Its S3 API, for instance `http://127.0.0.1:40321`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly pid: number;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** MinIO is absent on machines that can't build it. Throws in CI when it is: specs would leave it out without a word. */
export function hasMinio(env: NodeJS.ProcessEnv = process.env): boolean {
  if (env['ENTREPOT_MINIO']) return true;
  if (env['CI'] || env['ENTREPOT_REQUIRE_MINIO']) throw new Error(unset('ENTREPOT_MINIO'));
  return false;
}

// What a busy machine may need; SeaweedFS elects a master first.
const READY_WITHIN_MS = 60_000;
const KEPT_CHARACTERS = 32_768;
const ACCESS_KEY = 'test-access-key';
const SECRET_KEY = 'test-secret-key-that-no-error-may-show';

export async function startMinio(): Promise<S3Server> {
  const [api, console_] = await freePorts(2);
  const args = (data: string): string[] => {
    const addresses = ['--address', `127.0.0.1:${api}`, '--console-address', `127.0.0.1:${console_}`];
    return ['server', '--quiet', ...addresses, join(data, 'disk')];
  };
  const env = {
    MINIO_ROOT_USER: ACCESS_KEY,
    MINIO_ROOT_PASSWORD: SECRET_KEY,
    MINIO_BROWSER: 'off',
    MINIO_UPDATE: 'off',
  };
  return start('MinIO', program('ENTREPOT_MINIO'), args, env, api as number, '/minio/health/cluster');
}

export async function startSeaweedfs(): Promise<S3Server> {
  const services = ['master', 'volume', 'filer', 's3'];
  const ports = await freePorts(services.length * 2);
  const listen = services.flatMap((service, index) => [
    `-${service}.port=${ports[index * 2]}`,
    `-${service}.port.grpc=${ports[index * 2 + 1]}`,
  ]);
  const args = (data: string): string[] => {
    const own = ['-ip=127.0.0.1', '-ip.bind=127.0.0.1', `-dir=${data}`, '-master.telemetry=false'];
    // Volumes of a size that many buckets fit on a test machine's disk.
    const volumes = ['-volume.max=500', '-master.volumeSizeLimitMB=64', '-volume.minFreeSpace=0'];
    const s3 = ['-s3', '-s3.autoCreateBucket=false', '-s3.iam=false', '-s3.port.iceberg=0', '-s3.port.lance=0'];
    const sockets = [`-s3.localSocket=${join(data, 's3.sock')}`, `-filer.localSocket=${join(data, 'filer.sock')}`];
    const access = `-s3.config=${join(data, 's3.json')}`;
    return ['-logtostderr=true', 'server', ...own, ...volumes, '-filer', ...s3, ...sockets, ...listen, access];
  };
  return start('SeaweedFS', program('ENTREPOT_SEAWEEDFS'), args, {}, ports[6] as number, '/status');
}

function program(variable: string): string {
  const path = process.env[variable];
  if (!path) throw new Error(unset(variable));
  return path;
}

function unset(variable: string): string {
  return `${variable} is not set: "npm test" obtains the S3 servers (tools/s3-servers.mjs) and sets it.`;
}

async function start(
  name: S3Server['name'],
  path: string,
  argsFor: (data: string) => string[],
  env: NodeJS.ProcessEnv,
  port: number,
  readyPath: string,
): Promise<S3Server> {
  const data = await mkdtemp(join(tmpdir(), 'entrepot-s3-'));
  await writeFile(join(data, 's3.json'), JSON.stringify(SEAWEEDFS_ACCESS));
  const child = spawn(path, argsFor(data), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: data,
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const output = keepOutput(child);
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    kill();
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  const end = Date.now() + READY_WITHIN_MS;
  while (!(await answers(`${endpoint}${readyPath}`))) {
    if (child.exitCode === null && Date.now() < end) {
      await sleep(100);
      continue;
    }
    await stop();
    throw new Error(`${name} did not become ready:\n${output()}`);
  }
  return { name, endpoint, accessKey: ACCESS_KEY, secretKey: SECRET_KEY, pid: child.pid as number, stop };
}

const SEAWEEDFS_ACCESS = {
  identities: [
    {
      name: 'test',
      credentials: [{ accessKey: ACCESS_KEY, secretKey: SECRET_KEY }],
      actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
    },
  ],
};

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.ok;
    },
    () => false,
  );
}

function keepOutput(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-KEPT_CHARACTERS)));
  }
  return () => output;
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
