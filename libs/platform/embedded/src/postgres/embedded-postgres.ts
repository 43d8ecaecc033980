import { spawn } from 'node:child_process';
import type { DataDirectory } from '../data-directory/data-directory.js';
import type { EmbeddedLogger } from '../embedded-logger.js';
import { SupervisedProcess } from '../processes/supervised-process.js';
import { unprivilegedAccount, type Account } from '../processes/unprivileged-account.js';
import { StartRefusedError } from '../start-refused.error.js';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { ADMIN_ROLE, clusterRun, ensureCluster } from './postgres-cluster.js';
import { postgresArguments, SOCKET_PORT } from './postgres-settings.js';
import { postgresUrl } from './postgres-url.js';
import { endForgottenPostgres, postmaster, POSTGRES_STOP } from './running-postmaster.js';
import { DATABASE, ensureDatabase, ensureServiceSchema, serviceRole, withClient } from './service-schema.js';
import { SocketDirectory } from './socket-directory.js';

export interface EmbeddedPostgresOptions {
  readonly data: DataDirectory;
  readonly logger: EmbeddedLogger;
  /** Loopback TCP port to listen on besides the Unix socket, and to name in URLs; none unless told. */
  readonly port?: number;
  /** Programs of another release, as the upgrade needs them. */
  readonly binaries?: (account: Account | null) => PostgresBinaries;
  /** Folder of the cluster; `data.postgres` unless told. */
  readonly cluster?: string;
}

/** A service that keeps rows. */
export interface ServiceDatabase {
  /** As in `catalog`. */
  readonly service: string;
  /** Trusted extensions that its tables need, as in `btree_gist`. */
  readonly extensions?: readonly string[];
}

/** Recovery after a crash replays at most `max_wal_size`: seconds on any disk, a minute on a very slow one. */
const READY_WITHIN_MS = 120_000;

/**
 * Real Postgres as a child process, on a Unix socket that only its account may enter. It survives us: after a `kill -9` of our process the
 * next start ends the one left behind. While we run, a crash of Postgres is met by starting it again.
 */
export class EmbeddedPostgres {
  private constructor(
    /** As in `18.4`. */
    readonly version: string,
    private readonly data: DataDirectory,
    private readonly process: SupervisedProcess,
    private readonly socket: SocketDirectory,
    private readonly port: number | undefined,
  ) {}

  /**
   * Makes the cluster on the first start, and resolves when Postgres takes connections. The data directory must be locked.
   *
   * @throws StartRefusedError for a cluster of another major version, missing programs, or a forgotten Postgres that does not end.
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const { data, logger, port } = options;
    const folder = options.cluster ?? data.postgres;
    const account = unprivilegedAccount(folder);
    const binaries = (options.binaries ?? postgresBinaries)(account);
    await endForgottenPostgres(folder, logger);
    const socket = new SocketDirectory(data.run, account);
    try {
      await ensureCluster(folder, socket.path, binaries, account, data.secret(ADMIN_SECRET));
      const process = supervise(folder, binaries, account, socket, options);
      await process.start();
      const postgres = new EmbeddedPostgres(binaries.version, data, process, socket, port);
      await postgres.prepare();
      return postgres;
    } catch (error) {
      socket.remove();
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** The superuser's URL. For tools, migrations of the installation and tests; services have their own. */
  adminUrl(database: string = DATABASE): string {
    return this.url(ADMIN_ROLE, this.data.secret(ADMIN_SECRET), database);
  }

  /** Makes the services' roles and schemas where missing, and answers each one's URL, in the same order. */
  async ensureServices(services: readonly ServiceDatabase[]): Promise<string[]> {
    return withClient(this.adminUrl(), async (client) => {
      const urls: string[] = [];
      for (const { service, extensions } of services) {
        const password = this.data.secret(`postgres-${service}`);
        await ensureServiceSchema(client, service, password, extensions);
        urls.push(this.url(serviceRole(service), password, DATABASE));
      }
      return urls;
    });
  }

  async ensureService(service: ServiceDatabase): Promise<string> {
    const [url] = await this.ensureServices([service]);
    return url as string;
  }

  /** Lets running statements end abruptly, writes all to disk, and resolves when the process is gone. */
  async stop(): Promise<void> {
    await this.process.stop();
    this.socket.remove();
  }

  private url(role: string, password: string, database: string): string {
    const { port } = this;
    const address = port === undefined ? { host: this.socket.path, port: SOCKET_PORT } : { host: '127.0.0.1', port };
    return postgresUrl(address, role, password, database);
  }

  private async prepare(): Promise<void> {
    try {
      await ensureDatabase((database) => this.adminUrl(database));
    } catch (error) {
      await this.process.stop();
      // 28P01: invalid_password
      if ((error as { code?: string }).code !== '28P01') throw error;
      throw new StartRefusedError(
        `Postgres refuses the password in ${this.data.secretPath(ADMIN_SECRET)}: put the file back that belongs to this data directory.`,
        { cause: error },
      );
    }
  }
}

const ADMIN_SECRET = 'postgres-admin';

function supervise(
  folder: string,
  binaries: PostgresBinaries,
  account: Account | null,
  socket: SocketDirectory,
  { logger, port }: EmbeddedPostgresOptions,
): SupervisedProcess {
  const { dataPath, options } = clusterRun(folder, account);
  const words = postgresArguments(dataPath, { socketDirectory: socket.path, port: port ?? null });
  return new SupervisedProcess({
    name: 'Postgres',
    logger,
    spawn: () => spawn(binaries.postgres, words, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] }),
    isReady: (child) => {
      const found = postmaster(folder);
      return Promise.resolve(found?.pid === child.pid && found?.ready === true);
    },
    readyWithinMs: READY_WITHIN_MS,
    stopSteps: POSTGRES_STOP,
    onLine: (line) => logLine(logger, line),
  });
}

function logLine(logger: EmbeddedLogger, line: string): void {
  const [, severity, text] = /^(PANIC|FATAL|ERROR|WARNING):\s+(.*)$/.exec(line) ?? [];
  const fields = { server: 'postgres' };
  if (severity === 'PANIC') logger.error(fields, text ?? line);
  // Errors of statements are their callers' to report; here they are only a trace.
  else logger.debug(fields, line);
}
