import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { KeyCanary } from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';
import { MasterKeyMissing, MasterKeysUnavailable } from '../errors.js';
import { LocalMasterKeys } from '../local/local-master-keys.js';
import type { MasterKeys } from '../master-keys.js';
import { newRegistryKey } from '../registry/new-registry-key.js';
import { aLine } from '../spec/a-secret.js';
import { checkKeys, type KeptKey, type KeyVerdict } from './check-keys.js';
import { EncryptionRefused } from './encryption-refused.error.js';
import { gatewayKeyWatch } from './gateway-key-watch.js';
import { KeyWatch } from './key-watch.js';
import { escrowSentence, problemSentence } from './problem-sentence.js';

const [line, otherLine] = [aLine(), aLine()];
const mine = LocalMasterKeys.parse(line);
const others = LocalMasterKeys.parse(otherLine);
const unavailable: MasterKeys = {
  currentId: () => Promise.reject(new MasterKeysUnavailable('sealed')),
  wrap: () => Promise.reject(new MasterKeysUnavailable('sealed')),
  unwrap: () => Promise.reject(new MasterKeysUnavailable('Vault is sealed')),
  rewrap: () => Promise.reject(new MasterKeysUnavailable('sealed')),
};

async function kept(masterKeys: MasterKeys, registry: string): Promise<KeptKey> {
  const registryId = registry.repeat(32);
  return { registryId, ...(await newRegistryKey(masterKeys, registryId)) };
}

describe('a check of registry keys', () => {
  it('opens all that it can and tells of the rest by master key and registries', async () => {
    const pages = [
      [await kept(mine, 'a'), await kept(mine, 'a')],
      [await kept(others, 'b'), await kept(others, 'b'), await kept(others, 'c')],
    ];
    expect(await checkKeys(mine, pages)).toEqual({
      checked: 5,
      opened: 2,
      problems: [{ masterKeyId: others.ids[0], kind: 'missing', registries: 2 }],
      unavailable: null,
    });
  });

  it('tells a wrong master key from a damaged row', async () => {
    const theirs = { ...(await kept(others, 'b')), masterKeyId: mine.ids[0]! };
    expect((await checkKeys(mine, [[theirs]])).problems).toMatchObject([{ kind: 'wrong' }]);
    expect((await checkKeys(mine, [[theirs, await kept(mine, 'a')]])).problems).toMatchObject([{ kind: 'damaged' }]);
  });

  it('says in one sentence what is missing and for how many registries', async () => {
    const verdict = await checkKeys(null, [[await kept(mine, 'a'), await kept(others, 'b'), await kept(others, 'c')]]);
    const sentence = problemSentence(verdict);
    expect(sentence).toContain(`the master key ${mine.ids[0]} is missing, which wraps the keys of 1 registry`);
    expect(sentence).toContain(`the master key ${others.ids[0]} is missing, which wraps the keys of 2 registries`);
    expect(sentence).toContain('nothing was changed');
    expect(sentence).not.toContain('\n');
  });

  it('says why a master key is missing where its holder knows', async () => {
    const retired: Pick<MasterKeys, 'unwrap'> = {
      unwrap: async (key) => Promise.reject(new MasterKeyMissing(key.masterKeyId, 'it was retired')),
    };
    const verdict = await checkKeys(retired as MasterKeys, [[await kept(mine, 'a')]]);
    expect(problemSentence(verdict)).toContain('is missing, which wraps the keys of 1 registry (it was retired)');
  });

  it('stops when the key service does not answer', async () => {
    const key = await kept(mine, 'a');
    const verdict = await checkKeys(unavailable, [[key, key], [key]]);
    expect(verdict).toEqual({ checked: 0, opened: 0, problems: [], unavailable: 'Vault is sealed' });
  });
});

describe('a gateway', () => {
  let canaries: KeyCanary[];
  let held: LocalMasterKeys;
  let catalogAnswers: boolean;
  let forgotten: number;
  let watch: KeyWatch;
  const logger = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const messages = {
    ask: async () => {
      if (!catalogAnswers) throw new Error('nobody answers');
      return { canaries };
    },
  } as unknown as MessageClient;

  beforeEach(async () => {
    [canaries, held, catalogAnswers, forgotten] = [[{ ...(await kept(mine, 'a')), registries: 7 }], mine, true, 0];
    jest.clearAllMocks();
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    const masterKeys = { unwrap: (...args: Parameters<MasterKeys['unwrap']>) => held.unwrap(...args) } as MasterKeys;
    const keys = { forget: () => void forgotten++ };
    watch = gatewayKeyWatch({ messages, masterKeys, keys, logger, intervalSeconds: 300 });
  });
  afterEach(async () => {
    await watch.stop();
    jest.useRealTimers();
  });

  it('starts when it opens a key of each master key in use', async () => {
    await watch.start();
    await watch.ready();
    expect([logger.error.mock.calls, logger.warn.mock.calls, forgotten]).toEqual([[], [], 0]);
  });

  it('with another master key than the others refuses to start and says which is missing, for how many registries', async () => {
    held = others;
    await expect(watch.start()).rejects.toBeInstanceOf(EncryptionRefused);
    await expect(watch.ready()).rejects.toThrow(`${mine.ids[0]} is missing, which wraps the keys of 7 registries`);
  });

  it('that meets a new master key in operation is not ready, forgets what it had opened, and is ready again with the key', async () => {
    await watch.start();
    canaries.push({ ...(await kept(others, 'b')), registries: 1 });
    await jest.advanceTimersByTimeAsync(300_000);
    await expect(watch.ready()).rejects.toThrow(`${others.ids[0]} is missing`);
    expect(forgotten).toBe(1);
    await jest.advanceTimersByTimeAsync(300_000);
    expect(logger.error).toHaveBeenCalledTimes(1);
    held = LocalMasterKeys.parse(`${line}\n${otherLine}`);
    await jest.advanceTimersByTimeAsync(10_000);
    await watch.ready();
  });

  it('whose catalog does not answer yet starts, is not ready, and finds out as soon as it does', async () => {
    catalogAnswers = false;
    await watch.start();
    await expect(watch.ready()).rejects.toThrow("can't be checked: nobody answers");
    catalogAnswers = true;
    await jest.advanceTimersByTimeAsync(2_000);
    await watch.ready();
  });

  it('goes on when one registry’s row is damaged, and tells it', async () => {
    canaries.push({ ...(await kept(others, 'b')), masterKeyId: mine.ids[0]!, registries: 1 });
    await watch.start();
    await watch.ready();
    expect(watch.state.problem).toContain('damaged');
    expect(logger.error).toHaveBeenCalledTimes(1);
  });
});

describe('a watch of keys', () => {
  const logger = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const sound = { checked: 1, opened: 1, problems: [], unavailable: null };
  const missing = { masterKeyId: 'k', kind: 'missing', registries: 1 } as const;
  let checks: number;
  let verdict: KeyVerdict | Error;
  let watch: KeyWatch;
  beforeEach(() => {
    jest.useFakeTimers();
    checks = 0;
    const check = async () => {
      checks++;
      if (verdict instanceof Error) throw verdict;
      return verdict;
    };
    watch = new KeyWatch({ check, logger, intervalSeconds: 86_400, sentence: escrowSentence });
  });
  afterEach(async () => {
    await watch.stop();
    jest.useRealTimers();
  });

  async function checksOfADay(): Promise<number> {
    watch.startQuietly();
    await jest.advanceTimersByTimeAsync(86_399_000);
    return checks;
  }

  it.each<[string, KeyVerdict]>([
    ['opens every key', sound],
    ['found keys that do not open', { ...sound, opened: 0, problems: [missing] }],
  ])('that %s looks again after its interval, and no sooner', async (_, found) => {
    verdict = found;
    expect(await checksOfADay()).toBe(1);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(checks).toBe(2);
  });

  it.each<[string, KeyVerdict | Error]>([
    ['a check that failed', new Error('no such file')],
    ['a key service that does not answer', { ...sound, opened: 0, unavailable: 'sealed' }],
  ])('tries again in two seconds after %s', async (_, found) => {
    verdict = found;
    watch.startQuietly();
    await jest.advanceTimersByTimeAsync(20_000);
    expect(checks).toBe(11);
    verdict = sound;
    await jest.advanceTimersByTimeAsync(60_000);
    expect([checks, watch.state.problem]).toEqual([12, null]);
  });
});
