import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { Agent, get } from 'node:http';
import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@entrepot/platform-observability';
import { createHttpApp } from './http-app.js';
import { runApp, type ProcessPort } from './run-app.js';

let release: () => void = () => undefined;
let arrived: () => void = () => undefined;
let destroyed = false;

@Controller()
class SlowController {
  @Get('slow') async slow(): Promise<object> {
    arrived();
    await new Promise<void>((resolve) => (release = resolve));
    return { destroyed };
  }
  @Get('fast') fast(): string {
    return 'ok';
  }
}

@Injectable()
class Pool implements OnModuleDestroy {
  onModuleDestroy(): void {
    destroyed = true;
  }
}

@Module({ controllers: [SlowController], providers: [Pool] })
class RootModule {}

class FakeProcess implements ProcessPort {
  readonly signals = new EventEmitter();
  readonly printed: string[] = [];
  readonly exited: Promise<number>;
  private resolve!: (code: number) => void;
  constructor() {
    this.exited = new Promise((resolve) => (this.resolve = resolve));
  }
  readonly print = (line: string): void => void this.printed.push(line);
  readonly exit = (code: number): void => this.resolve(code);
}

const logger = createLogger({ level: 'silent', service: 'test' });
const apps: NestFastifyApplication[] = [];
afterEach(async () => {
  release();
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function run(options: { port?: number; drainSeconds?: number; process: ProcessPort }) {
  destroyed = false;
  const app = await createHttpApp(RootModule, { logger });
  apps.push(app);
  return runApp(app, { host: '127.0.0.1', port: 0, logger, ...options });
}

const slowRequest = (port: number) => {
  const here = new Promise<void>((resolve) => (arrived = resolve));
  const response = fetch(`http://127.0.0.1:${port}/slow`);
  return { here, response };
};

describe('runApp', () => {
  it('on SIGTERM finishes the request under way before modules are destroyed, refuses new ones, and exits 0', async () => {
    const process = new FakeProcess();
    const { port } = await run({ process });
    const { here, response } = slowRequest(port);
    await here;
    process.signals.emit('SIGTERM');
    await expect(fetch(`http://127.0.0.1:${port}/fast`)).rejects.toThrow();
    release();
    const answered = await response;
    expect(await answered.json()).toEqual({ destroyed: false });
    expect(await process.exited).toBe(0);
    expect(destroyed).toBe(true);
  });

  it('ends a connection with the answer to a request that came on it after SIGTERM', async () => {
    const process = new FakeProcess();
    const { port } = await run({ process });
    const here = new Promise<void>((resolve) => (arrived = resolve));
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await here;
    process.signals.emit('SIGTERM');
    socket.write('GET /fast HTTP/1.1\r\nHost: x\r\n\r\n');
    setTimeout(() => release(), 50);
    const [first = '', second = ''] = (await socket.setEncoding('utf8').toArray()).join('').split('HTTP/1.1 ').slice(1);
    expect(first).toMatch(/^200 [\s\S]*destroyed":false/);
    expect(second).toMatch(/^200 [\s\S]*connection: close/i);
    expect(await process.exited).toBe(0);
  });

  it('closes idle connections at once', async () => {
    const process = new FakeProcess();
    const { port, stop } = await run({ process });
    const agent = new Agent({ keepAlive: true });
    const [response] = (await once(get({ agent, port, host: '127.0.0.1', path: '/fast' }), 'response')) as [
      NodeJS.ReadableStream,
    ];
    response.resume();
    await once(response, 'end');
    const began = Date.now();
    await stop();
    // An idle connection that were drained would take the whole eight seconds.
    expect(Date.now() - began).toBeLessThan(6000);
    agent.destroy();
  });

  it('cuts what is still under way when the drain is over', async () => {
    const process = new FakeProcess();
    const { port } = await run({ process, drainSeconds: 0.2 });
    const { here, response } = slowRequest(port);
    const failed = expect(response).rejects.toThrow();
    await here;
    process.signals.emit('SIGINT');
    await failed;
    expect(await process.exited).toBe(0);
  });

  it('ends at once on a second signal', async () => {
    const process = new FakeProcess();
    const { port } = await run({ process });
    const { here, response } = slowRequest(port);
    await here;
    process.signals.emit('SIGTERM');
    process.signals.emit('SIGTERM');
    expect(await process.exited).toBe(1);
    release();
    await response;
  });

  it('tells in one sentence that the port is in use, and exits 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const process = new FakeProcess();
      void run({ port, process });
      expect(await process.exited).toBe(1);
      expect(process.printed).toEqual([
        `Port ${port} on 127.0.0.1 is in use by another program: stop it, or choose another port.`,
      ]);
    } finally {
      other.close();
    }
  });
});
