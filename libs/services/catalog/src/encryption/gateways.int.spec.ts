import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  CatalogRegistryKeys,
  EncryptionRefused,
  gatewayKeyWatch,
  KeyWatch,
  type LocalMasterKeys,
  type MasterKeys,
} from '@entrepot/key-management';
import { registryKeyCanaries } from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';
import { silentLogger } from '@entrepot/platform-persistence';
import { holding, masterKeyLine } from '../testing/master-keys.js';
import { RestCatalog } from '../testing/rest-catalog.js';
import { EncryptionHandler } from './encryption.handler.js';
import { KeyWatches } from './key-watches.js';
import { NO_ENCRYPTION } from './registry-encryption.js';
import { rewrapKeys } from './rewrap-keys.js';

const [line, nextLine] = [masterKeyLine(), masterKeyLine()];
const ours = holding(line);
let rest: RestCatalog;
let messages: MessageClient;
let registryId: string;

beforeAll(async () => {
  rest = await RestCatalog.start({ encryption: { ...NO_ENCRYPTION, masterKeys: ours, byDefault: true } });
  const handler = new EncryptionHandler(rest.catalog.ports);
  messages = {
    ask: (question: unknown, request: never) =>
      question === registryKeyCanaries
        ? (handler.canaries as (request: object) => unknown).call(handler, request)
        : handler.find(request),
  } as unknown as MessageClient;
  const { body } = await rest.send('POST', '', { body: { name: 'secret' } });
  registryId = body['registryId'] as string;
});
afterAll(() => rest?.close());

function gateway(masterKeys: MasterKeys | null) {
  const keys = new CatalogRegistryKeys({ messages, masterKeys });
  const watch = gatewayKeyWatch({ messages, masterKeys, keys, logger: silentLogger, intervalSeconds: 300 });
  return { keys, watch };
}

const catalogWith = (masterKeys: LocalMasterKeys | null) =>
  new KeyWatches(rest.catalog.ports.database, { ...NO_ENCRYPTION, masterKeys }, silentLogger);

describe('gateways on one catalog', () => {
  it('with the catalog’s master key get the same key of a registry', async () => {
    const [one, two] = [gateway(ours), gateway(holding(line))];
    await Promise.all([one.watch.start(), two.watch.start()]);
    const [a, b] = await Promise.all([one.keys.current(registryId), two.keys.current(registryId)]);
    expect(a!.secret.equals(b!.secret)).toBe(true);
    await Promise.all([one.watch.stop(), two.watch.stop()]);
  });

  it.each([
    ['another master key', holding(masterKeyLine())],
    ['no master key', null],
  ])('one with %s refuses to start, and would seal nothing', async (_, held) => {
    const { keys, watch } = gateway(held);
    await expect(watch.start()).rejects.toThrow(EncryptionRefused);
    await expect(watch.start()).rejects.toThrow(`${ours.ids[0]} is missing, which wraps the keys of 1 registry`);
    await expect(keys.current(registryId)).rejects.toMatchObject({ status: 503 });
    await watch.stop();
  });

  it('go on while the master key is rotated, whichever of the two keys they hold first', async () => {
    const both = [gateway(holding(line, nextLine)), gateway(holding(nextLine, line))];
    for (const { watch } of both) await watch.start();
    const before = await both[0]!.keys.current(registryId);
    await rewrapKeys(rest.catalog.ports.database, holding(nextLine, line), { withinMs: 60_000 });
    for (const { keys, watch } of both) {
      keys.forget();
      expect((await keys.current(registryId))!.secret.equals(before!.secret)).toBe(true);
      await watch.stop();
    }
    await expect(gateway(ours).watch.start()).rejects.toThrow(EncryptionRefused);
    await rewrapKeys(rest.catalog.ports.database, holding(line, nextLine), { withinMs: 60_000 });
  });
});

describe('the catalog', () => {
  it.each([
    ['another master key', holding(masterKeyLine())],
    ['no master key', null],
  ])('with %s refuses to start', async (_, held) => {
    const watches = catalogWith(held);
    await expect(watches.start()).rejects.toThrow(`the master key ${ours.ids[0]} is missing`);
    await watches.stop();
  });

  it('starts without a master key where nothing is encrypted that is still there', async () => {
    await rest.catalog.query(`UPDATE registry SET deleted_at = now() WHERE registry_id = $1`, [registryId]);
    const watches = catalogWith(null);
    await watches.start();
    await watches.stop();
    await rest.catalog.query(`UPDATE registry SET deleted_at = NULL WHERE registry_id = $1`, [registryId]);
  });
});

describe('keys in escrow', () => {
  it('that open every registry key are well; those that do not are an error in the log, and stop nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'entrepot-escrow-'));
    const path = join(folder, 'escrow');
    const error = jest.fn();
    const options = { ...NO_ENCRYPTION, masterKeys: ours, escrow: { path, checkSeconds: 1 } };
    const start = async () => {
      const watches = new KeyWatches(rest.catalog.ports.database, options, { ...silentLogger, error });
      await watches.start();
      await checked(watches.escrow);
      await watches.own.ready();
      await watches.stop();
      return watches.escrow?.state.problem;
    };
    try {
      writeFileSync(path, line);
      expect(await start()).toBeNull();
      writeFileSync(path, nextLine);
      expect(await start()).toContain(
        `The escrow file does not open every registry key: the master key ${ours.ids[0]}`,
      );
      expect(error).toHaveBeenCalledTimes(1);
      writeFileSync(path, 'torn paper');
      expect(await start()).toContain('line 1 is not a key');
      rmSync(path);
      expect(await start()).toContain('ENOENT');
      expect(JSON.stringify(error.mock.calls)).not.toContain(nextLine);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('keys in escrow while the catalog runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'entrepot-escrow-'));
  const path = join(folder, 'escrow');
  const error = jest.fn();
  let running: RestCatalog;
  let watches: KeyWatches;

  beforeAll(async () => {
    replace(line);
    running = await RestCatalog.start({
      encryption: { ...NO_ENCRYPTION, masterKeys: ours, byDefault: true, escrow: { path, checkSeconds: 0.1 } },
      logger: { ...silentLogger, error },
    });
    await running.send('POST', '', { body: { name: 'secret' } });
    watches = running.app.get(KeyWatches);
  });
  afterAll(async () => {
    await watches?.stop();
    await running?.close();
    rmSync(folder, { recursive: true });
  });

  /** As an operator's tools do it: never half a file. */
  function replace(text: string): void {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  async function escrow(): Promise<{ checkedAt: string | null; problem: string | null }> {
    const authorization = `Basic ${Buffer.from('admin:x').toString('base64')}`;
    const headers = { host: 'localhost', authorization };
    const reply = await running.app.inject({ method: 'GET', url: '/api/v1/master-keys', headers });
    return reply.json<{ escrow: { checkedAt: string | null; problem: string | null } }>().escrow;
  }

  async function told(wanted: (problem: string | null) => boolean) {
    let state = await escrow();
    while (!wanted(state.problem)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      state = await escrow();
    }
    return state;
  }

  it('are looked at again: whoever asks hears what the last check found, and when it was', async () => {
    expect(await escrow()).toEqual({ checkedAt: null, problem: expect.stringContaining('not checked yet') });
    await watches.start();
    const sound = await told((problem) => problem === null);
    replace(nextLine);
    const lost = await told((problem) => problem !== null);
    expect(lost.problem).toContain(
      `The escrow file does not open every registry key: the master key ${ours.ids[0]} is missing, which wraps the keys of 1 registry`,
    );
    expect(Date.parse(lost.checkedAt!)).toBeGreaterThan(Date.parse(sound.checkedAt!));
    expect(error.mock.calls).toEqual([[expect.anything(), lost.problem]]);
    replace(`${nextLine}\n${line}`);
    await told((problem) => problem === null);
  });
});

async function checked(watch: KeyWatch | null): Promise<void> {
  while (watch?.state.checkedAt === null) await new Promise((resolve) => setTimeout(resolve, 10));
}
