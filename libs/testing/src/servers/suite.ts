import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataDirectory, endForgottenServers, freePort } from '@entrepot/platform-embedded';
import { childrenOf, environmentOf, SuiteProcess } from './suite-process.js';

/** `standalone`: all services in one process. `services`: each in its own, talking over NATS. */
export type Composition = 'standalone' | 'services';

export interface SuiteOptions {
  /** ENTREPOT_TEST_COMPOSITION unless told, which `npm test` sets to one and then the other. */
  readonly composition?: Composition;
  /** Settings besides those that a test needs to find the suite. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kept afterwards. A temporary one, removed by `stop`, unless told. */
  readonly dataDirectory?: string;
  readonly args?: readonly string[];
  /** Words before the program's own, as in `unshare --mount`: what it is run within. They must end as that program (`exec`). */
  readonly within?: readonly string[];
}

/** What the suite prints besides when it has several gateways. */
const EACH_GATEWAY = /^Each of these gateways takes any request: (.+)$/m;

const PROGRAMS = { standalone: 'main.js', services: 'services.js' } as const;

/** The repository: this file is `libs/testing/{src,dist}/servers/suite.*`. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** The composition that this run of the tests is for. */
export function testComposition(): Composition {
  return process.env['ENTREPOT_TEST_COMPOSITION'] === 'services' ? 'services' : 'standalone';
}

/** The suite as a user runs it: a program of `apps/standalone/dist`, so it must be built. */
export class Suite {
  private process: SuiteProcess | null = null;
  private ownUrl = '';

  private constructor(
    readonly composition: Composition,
    readonly port: number,
    readonly dataDirectory: string,
    private readonly options: SuiteOptions,
  ) {}

  static async start(options: SuiteOptions = {}): Promise<Suite> {
    const dataDirectory = options.dataDirectory ?? temporaryDirectory();
    const gateways = Number(options.env?.['ENTREPOT_GATEWAYS'] ?? 1);
    const port = Number(options.env?.['ENTREPOT_PORT'] ?? (await freePorts(gateways)));
    const suite = new Suite(options.composition ?? testComposition(), port, dataDirectory, options);
    try {
      await suite.launch();
    } catch (error) {
      await suite.clean();
      throw error;
    }
    return suite;
  }

  /** The address in its ready line, as in `http://127.0.0.1:5000`. */
  get url(): string {
    return this.ownUrl;
  }

  /** The address of each gateway: `url` is the first. */
  get urls(): readonly string[] {
    return EACH_GATEWAY.exec(this.logs())?.[1]?.split(' ') ?? [this.ownUrl];
  }

  /** Host and port, as image names begin. */
  get host(): string {
    return new URL(this.ownUrl).host;
  }

  get pid(): number {
    return this.running.pid;
  }

  get rootAccessKey(): string {
    return this.rootKey().accessKey;
  }

  get rootSecret(): string {
    return this.rootKey().secretKey;
  }

  /** Everything printed since the last start. */
  logs(): string {
    return this.process?.logs() ?? '';
  }

  /** The processes that the suite's first process started: Postgres, nats-server, and in `services` each service. */
  children(): { pid: number; command: string }[] {
    return childrenOf(this.pid);
  }

  /** The process of the gateway at an address of `urls`. Linux only. */
  gatewayAt(url: string): number {
    const port = `ENTREPOT_HTTP_PORT=${new URL(url).port}`;
    const found = this.children().find(
      ({ pid, command }) => command.includes('registry-gateway') && environmentOf(pid).includes(port),
    );
    if (!found) throw new Error(`no process serves ${url}`);
    return found.pid;
  }

  /** Ends the suite's first process by the signal, and waits until that is done. Its servers may go on: `restart` or `stop` copes. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.running.kill(signal);
  }

  /** Starts it again on the same data and port, after ending it in good order if it still runs. */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.end();
    await this.launch(env);
  }

  /** Ends it in good order, and removes a temporary data directory. */
  async stop(): Promise<void> {
    try {
      await this.end();
    } finally {
      await this.clean();
    }
  }

  private get running(): SuiteProcess {
    if (!this.process) throw new Error('the suite was not started');
    return this.process;
  }

  private async end(): Promise<void> {
    if (this.process && !this.process.hasEnded) await this.process.kill('SIGTERM');
  }

  private async clean(): Promise<void> {
    if (existsSync(join(this.dataDirectory, 'run'))) await endForgottenServers(DataDirectory.at(this.dataDirectory));
    if (this.options.dataDirectory === undefined) rmSync(this.dataDirectory, { recursive: true, force: true });
  }

  private async launch(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const program = join(ROOT, 'apps/standalone/dist', PROGRAMS[this.composition]);
    if (!existsSync(program)) throw new Error(`${program} is not built: run "npm run build".`);
    this.process = new SuiteProcess([...(this.options.within ?? []), process.execPath, program], this.options.args, {
      ...inherited(),
      ENTREPOT_DATA_DIR: this.dataDirectory,
      ENTREPOT_PORT: String(this.port),
      // What answers from memory does so in every test.
      ENTREPOT_ALONE_AFTER_SECONDS: '0',
      ...this.options.env,
      ...env,
    });
    this.ownUrl = await this.process.ready();
  }

  private rootKey(): { accessKey: string; secretKey: string } {
    const text = readFileSync(join(this.dataDirectory, 'secrets', 'root-access-key'), 'utf8');
    return JSON.parse(text) as { accessKey: string; secretKey: string };
  }
}

/** Starts the suite on a free port and, unless told, on a temporary data directory; resolves when it is ready. */
export function startSuite(options: SuiteOptions = {}): Promise<Suite> {
  return Suite.start(options);
}

/** The first of `count` free ports in a row. */
async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < 20; tries++) {
    const first = await freePort();
    const further = Array.from({ length: count - 1 }, (_, at) => isFree(first + 1 + at));
    if ((await Promise.all(further)).every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'entrepot-suite-'));
  // As a data directory that a user makes; Postgres's account must be able to walk through it.
  chmodSync(directory, 0o755);
  return directory;
}

/** Only what a program needs to run: no ENTREPOT_ setting of the person who runs the tests, no NODE_OPTIONS of the test runner. */
function inherited(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'ENTREPOT_TEST_RUN', 'ENTREPOT_NATS_SERVER'];
  const tool = join(ROOT, '.entrepot/tools/nats-server');
  return {
    ...(existsSync(tool) ? { ENTREPOT_NATS_SERVER: tool } : {}),
    ...Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
  };
}
