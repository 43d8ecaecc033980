import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataDirectory } from '../data-directory/data-directory.js';
import type { EmbeddedLogger } from '../embedded-logger.js';
import { runsOn, stopProcess, type StopStep } from '../processes/process-identity.js';
import { SupervisedProcess } from '../processes/supervised-process.js';
import { StartRefusedError } from '../start-refused.error.js';
import { firstLine, freePort, rememberedPort } from './loopback-port.js';
import { natsConfig } from './nats-config.js';
import type { NatsUser } from './nats-user.js';

export interface EmbeddedNatsOptions {
  readonly data: DataDirectory;
  /** As `findNatsServer` answers it. */
  readonly binary: string;
  readonly users: readonly NatsUser[];
  readonly logger: EmbeddedLogger;
  /** Loopback port; unless told, the last one, else a free one. */
  readonly port?: number;
  /** Serve the monitoring pages, which need no password, on another loopback port. Off unless told. */
  readonly monitor?: boolean;
  /** The user that a connection without credentials is. For the servers of tests; nobody unless told. */
  readonly anonymous?: string;
}

const STOP: readonly StopStep[] = [
  { signal: 'SIGTERM', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 2_000 },
];
const READY_WITHIN_MS = 60_000;
const RELOADED_WITHIN_MS = 5_000;

/**
 * A real nats-server with JetStream on loopback, as a child process. Each user has a random password of its own and an allow-list of
 * subjects; there is nobody else. It is started again, on the same port, when it crashes; one that a killed Entrepot left is ended first.
 */
export class EmbeddedNats {
  private lastReload: 'ok' | string | null = null;

  private constructor(
    private readonly options: EmbeddedNatsOptions,
    /** Where it listens on 127.0.0.1. */
    readonly port: number,
    /** Base address of the monitoring pages, or null. */
    readonly monitor: string | null,
  ) {
    this.process = this.supervise();
  }

  private readonly process: SupervisedProcess;

  /**
   * Resolves when the server takes connections. The data directory must be locked.
   *
   * @throws StartRefusedError when the server does not start, or is older than 2.9.
   */
  static async start(options: EmbeddedNatsOptions): Promise<EmbeddedNats> {
    const { data } = options;
    mkdirSync(join(data.nats, 'streams'), { recursive: true });
    await endForgottenNats(data, options.logger);
    const port = options.port ?? (await rememberedPort(join(data.run, 'nats-port')));
    const nats = new EmbeddedNats(options, port, options.monitor ? `http://127.0.0.1:${await freePort()}` : null);
    nats.writeConfig(options.users);
    try {
      await nats.process.start();
    } catch (cause) {
      throw new StartRefusedError(`nats-server (${options.binary}) does not start: ${(cause as Error).message}`, {
        cause,
      });
    }
    return nats;
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Address without credentials. */
  get server(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** A user's password. */
  password(user: string): string {
    return this.options.data.secret(`nats-${user}`);
  }

  /** Address with the user's name and password in it. */
  url(user: string): string {
    return `nats://${encodeURIComponent(user)}:${encodeURIComponent(this.password(user))}@127.0.0.1:${this.port}`;
  }

  /** Replaces the users. Connections of users who are gone, or whose rules changed, are cut by the server. */
  async reload(users: readonly NatsUser[]): Promise<void> {
    this.lastReload = null;
    this.writeConfig(users);
    this.process.signal('SIGHUP');
    const end = Date.now() + RELOADED_WITHIN_MS;
    while (this.lastReload === null && Date.now() < end) await sleep(10);
    if (this.lastReload !== 'ok')
      throw new Error(`nats-server did not take the users: ${this.lastReload ?? 'no answer'}`);
  }

  async stop(): Promise<void> {
    await this.process.stop();
    rmSync(pidFile(this.options.data), { force: true });
  }

  private writeConfig(users: readonly NatsUser[]): void {
    const { data } = this.options;
    const path = configFile(data);
    const text = natsConfig({
      port: this.port,
      monitorPort: this.monitor === null ? null : Number(new URL(this.monitor).port),
      streamDirectory: join(data.nats, 'streams'),
      pidFile: pidFile(data),
      anonymous: this.options.anonymous ?? null,
      users: users.map((user) => ({ ...user, password: this.password(user.name) })),
    });
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  private supervise(): SupervisedProcess {
    const { binary, data, logger } = this.options;
    const env = { PATH: process.env['PATH'], HOME: data.nats };
    return new SupervisedProcess({
      name: 'nats-server',
      logger,
      spawn: () =>
        spawn(binary, ['--config', configFile(data)], {
          cwd: data.nats,
          env,
          detached: true,
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      isReady: () => this.isReady(),
      readyWithinMs: READY_WITHIN_MS,
      stopSteps: STOP,
      onLine: (line) => this.onLine(line),
    });
  }

  private async isReady(): Promise<boolean> {
    const line = await firstLine(this.port, 1_000);
    if (!line?.startsWith('INFO {')) return false;
    const { version, jetstream } = JSON.parse(line.slice(5)) as { version: string; jetstream?: boolean };
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < 2 || (major === 2 && minor < 9)) {
      throw new Error(`it is release ${version}, and at least 2.9 is needed`);
    }
    return jetstream === true;
  }

  private onLine(line: string): void {
    const fields = { server: 'nats' };
    const [, level, text = line] = /\[(DBG|INF|WRN|ERR|FTL)\] (.*)$/.exec(line) ?? [];
    if (text.startsWith('Reloaded server configuration')) this.lastReload = 'ok';
    if (text.startsWith('Failed to reload')) this.lastReload = text;
    // Our passwords are random and their file is ours alone; a slow digest would only make connecting slow.
    if (text.startsWith('Plaintext passwords detected')) return;
    if (level === 'FTL' || level === 'ERR') this.options.logger.warn(fields, text);
    else this.options.logger.debug(fields, text);
  }
}

const configFile = (data: DataDirectory) => join(data.nats, 'nats.conf');
const pidFile = (data: DataDirectory) => join(data.run, 'nats.pid');

/** Ends the nats-server that an Entrepot which was killed left behind on this data directory. */
export async function endForgottenNats(data: DataDirectory, logger: EmbeddedLogger): Promise<void> {
  const file = pidFile(data);
  const pid = readPid(file);
  if (pid !== null && [data.nats, configFile(data)].some((path) => runsOn(pid, 'nats-server', path))) {
    logger.warn({ pid }, 'stopping the nats-server that an earlier run left behind');
    await stopProcess(pid, STOP);
  }
  rmSync(file, { force: true });
}

function readPid(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
