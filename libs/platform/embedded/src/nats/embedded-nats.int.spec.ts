import { describe, it, expect, afterAll, beforeAll } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DataDirectory } from '../data-directory/data-directory.js';
import { silentLogger as logger } from '../embedded-logger.js';
import { temporaryData } from '../spec/temporary-data.js';
import { StartRefusedError } from '../start-refused.error.js';
import { EmbeddedNats } from './embedded-nats.js';
import { findNatsServer } from './find-nats-server.js';
import { firstLine } from './loopback-port.js';
import type { NatsUser } from './nats-user.js';

const toolsDirectory = fileURLToPath(new URL('../../../../../.entrepot/tools', import.meta.url));
const binary = findNatsServer({ toolsDirectory }) ?? 'nats-server';

const asker: NatsUser = { name: 'asker', publish: { allow: ['ask.>'] }, subscribe: { allow: ['_INBOX.>'] } };
const teller: NatsUser = {
  name: 'teller',
  publish: { allow: [] },
  subscribe: { allow: ['ask.>'] },
  allowResponses: true,
};

let data: DataDirectory;
let remove: () => void;
beforeAll(() => {
  ({ data, remove } = temporaryData());
});
afterAll(() => remove());

async function running<T>(work: (nats: EmbeddedNats) => Promise<T>, users = [asker, teller]): Promise<T> {
  const nats = await EmbeddedNats.start({ data, binary, users, logger });
  try {
    return await work(nats);
  } finally {
    await nats.stop();
  }
}

const login = (nats: EmbeddedNats, user: string, pass = nats.password(user)) =>
  connect({ servers: nats.server, user, pass, reconnect: false });

describe('EmbeddedNats', () => {
  it('lets each user use its own subjects and no others', async () => {
    await running(async (nats) => {
      const [asking, telling] = [await login(nats, 'asker'), await login(nats, 'teller')];
      telling.subscribe('ask.name', { callback: (_, message) => void message.respond('entrepot') });
      await telling.flush();
      expect((await asking.request('ask.name')).string()).toBe('entrepot');

      const refusals: string[] = [];
      asking.subscribe('ask.>', { callback: (error) => void (error && refusals.push(error.message)) });
      await asking.flush();
      await sleep(50);
      expect(refusals.join()).toContain('Permissions Violation for Subscription to "ask.>"');
      await Promise.all([asking.close(), telling.close()]);
    });
  });

  it('refuses a wrong password, and nobody’s name', async () => {
    await running(async (nats) => {
      await expect(login(nats, 'asker', 'wrong')).rejects.toThrow(/authorization/i);
      await expect(connect({ servers: nats.server, reconnect: false })).rejects.toThrow(/authorization/i);
    });
  });

  it('takes messages of 8 MiB and has JetStream on', async () => {
    await running(async (nats) => {
      const info = JSON.parse((await firstLine(nats.port, 1_000))?.slice(5) ?? '{}') as object;
      expect(info).toMatchObject({ max_payload: 8_388_608, jetstream: true, auth_required: true });
    });
  });

  it('takes new users without a restart', async () => {
    await running(async (nats) => {
      const { pid } = nats;
      await expect(login(nats, 'late')).rejects.toThrow(/authorization/i);
      await nats.reload([asker, teller, { ...asker, name: 'late' }]);
      await (await login(nats, 'late')).close();
      expect(nats.pid).toBe(pid);
    });
  });

  it('keeps its passwords in files that only we may read', async () => {
    await running(async (nats) => {
      const config = join(data.nats, 'nats.conf');
      expect(readFileSync(config, 'utf8')).toContain(nats.password('asker'));
      expect(statSync(config).mode & 0o777).toBe(0o600);
    });
  });

  it('comes back on the same port after a crash', async () => {
    await running(async (nats) => {
      const first = nats.pid as number;
      process.kill(first, 'SIGKILL');
      while (nats.pid === first || !(await firstLine(nats.port, 1_000))) await sleep(20);
      await (await login(nats, 'asker')).close();
    });
  }, 15_000);

  it('ends the server that a killed run left behind', async () => {
    const forgotten = await running((nats) => Promise.resolve(nats.port)).then(async (port) => {
      const child = spawn(binary, ['--config', join(data.nats, 'nats.conf')], { stdio: 'ignore', cwd: data.nats });
      while (!(await firstLine(port, 1_000))) await sleep(20);
      return { child, port, ended: once(child, 'exit') };
    });
    await running(async (nats) => {
      expect(nats.port).toBe(forgotten.port);
      expect(nats.pid).not.toBe(forgotten.child.pid);
      await forgotten.ended;
    });
  }, 15_000);

  it('says in one sentence which program does not start', async () => {
    const wrong = { data, binary: '/nowhere/nats-server', users: [], logger };
    await expect(EmbeddedNats.start(wrong)).rejects.toThrow(StartRefusedError);
    await expect(EmbeddedNats.start(wrong)).rejects.toThrow('nats-server (/nowhere/nats-server) does not start');
  });
});
