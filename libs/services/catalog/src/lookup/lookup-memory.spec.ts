import { describe, expect, it, jest } from '@jest/globals';
import type { LookupAnswer, LookupQuestion } from '@entrepot/contracts';
import { DatabaseUnavailable, silentLogger } from '@entrepot/platform-persistence';
import { imageScope, LookupMemory } from './lookup-memory.js';

const replica = {
  isAlone: true,
  term: 1,
  joined: async () => undefined,
  start: () => undefined,
  stop: async () => undefined,
};
const clock = { now: 1_000 };

function aMemory({ answers = 100, aloneAfterMs = 0 } = {}) {
  Object.assign(replica, { isAlone: true, term: 1, joined: async () => undefined });
  return new LookupMemory(replica, { answers, aloneAfterMs, logger: silentLogger }, () => new Date(clock.now));
}

const about = (image: string, more: Partial<LookupQuestion> = {}): LookupQuestion => ({
  kind: 'manifest',
  registryId: null,
  registryName: 'demo',
  repository: 'apps',
  image,
  tag: '1',
  digest: null,
  ...more,
});

const found = (image: string) =>
  ({
    registry: { registryId: 'r' },
    repository: { repositoryId: 'p' },
    image: { imageId: image },
    manifest: { digest: `sha256:${image}` },
    blob: null,
  }) as LookupAnswer;

const recall = (memory: LookupMemory, image: string) => memory.recall([about(image)])[0];
const learn = (memory: LookupMemory, image: string) => memory.remember(about(image), found(image), memory.asking());
const change = async (memory: LookupMemory, within?: string) => (await memory.begin(within))('made');

describe('LookupMemory', () => {
  it('answers what it was told, each question with its own', () => {
    const memory = aMemory();
    learn(memory, 'a');
    learn(memory, 'b');
    const asked = [about('b'), about('c'), about('a'), about('a', { tag: '2' }), about('a', { registryName: 'x' })];
    expect(memory.recall(asked)).toEqual([found('b'), undefined, found('a'), undefined, undefined]);
  });

  it('remembers nothing that was not found, and no damaged blob', () => {
    const memory = aMemory();
    const nothing = { ...found('a'), manifest: null };
    const damaged = { ...nothing, blob: { digest: 'sha256:a', size: 1, location: null } };
    for (const answer of [nothing, damaged, { ...found('a'), image: null }, { ...found('a'), registry: null }]) {
      memory.remember(about('a'), answer, memory.asking());
      expect(recall(memory, 'a')).toBeUndefined();
    }
  });

  it('forgets an image that changes, and no other', async () => {
    const memory = aMemory();
    learn(memory, 'a');
    learn(memory, 'b');
    await change(memory, imageScope('r', 'a'));
    expect(recall(memory, 'a')).toBeUndefined();
    expect(recall(memory, 'b')).toEqual(found('b'));
  });

  it('forgets all when anything may have changed', async () => {
    const memory = aMemory();
    learn(memory, 'a');
    await change(memory);
    expect(recall(memory, 'a')).toBeUndefined();
  });

  it.each([undefined, imageScope('r', 'a')])(
    'neither answers nor learns while a change of %j is being made',
    async (within) => {
      const memory = aMemory();
      learn(memory, 'a');
      const end = await memory.begin(within);
      expect(recall(memory, 'a')).toBeUndefined();
      learn(memory, 'a');
      expect(recall(memory, 'a')).toBeUndefined();
      end('made');
      expect(recall(memory, 'a')).toBeUndefined();
      learn(memory, 'a');
      expect(recall(memory, 'a')).toEqual(found('a'));
    },
  );

  it('learns nothing that was asked before a change ended, however long the answer takes', async () => {
    const memory = aMemory();
    const before = memory.asking();
    const end = await memory.begin(imageScope('r', 'a'));
    const meanwhile = memory.asking();
    end('made');
    for (const asking of [before, meanwhile]) {
      memory.remember(about('a'), found('a'), asking);
      expect(recall(memory, 'a')).toBeUndefined();
    }
  });

  it('waits for the last of several changes', async () => {
    const memory = aMemory();
    const [first, second] = [await memory.begin(imageScope('r', 'a')), await memory.begin(imageScope('r', 'a'))];
    first('made');
    learn(memory, 'a');
    expect(recall(memory, 'a')).toBeUndefined();
    second('not made');
    learn(memory, 'a');
    expect(recall(memory, 'a')).toEqual(found('a'));
  });

  it('answers nothing while this replica may not be the only one, nor what it learned before', () => {
    const memory = aMemory();
    learn(memory, 'a');
    const asking = memory.asking();
    replica.isAlone = false;
    expect(recall(memory, 'a')).toBeUndefined();
    learn(memory, 'b');
    Object.assign(replica, { isAlone: true, term: 2 });
    memory.remember(about('c'), found('c'), asking);
    expect(['a', 'b', 'c'].map((image) => recall(memory, image))).toEqual([undefined, undefined, undefined]);
  });

  it('goes on with what it knows when Postgres was only slow to answer', () => {
    const memory = aMemory();
    learn(memory, 'a');
    replica.isAlone = false;
    expect(recall(memory, 'a')).toBeUndefined();
    replica.isAlone = true;
    expect(recall(memory, 'a')).toEqual(found('a'));
  });

  it('refuses a change when this replica has no place among the others, and goes on when it has', async () => {
    const memory = aMemory();
    learn(memory, 'b');
    replica.joined = () => Promise.reject(new DatabaseUnavailable('no lock'));
    await expect(memory.begin(imageScope('r', 'a'))).rejects.toThrow('no lock');
    learn(memory, 'a');
    expect(recall(memory, 'a')).toEqual(found('a'));
    expect(recall(memory, 'b')).toEqual(found('b'));
  });

  it('is off for a while after a change of which nobody knows whether it holds', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      const memory = aMemory({ aloneAfterMs: 3_000 });
      (await memory.begin(imageScope('r', 'a')))('unknown');
      learn(memory, 'b');
      expect(recall(memory, 'b')).toBeUndefined();
      jest.advanceTimersByTime(3_001);
      learn(memory, 'b');
      expect(recall(memory, 'b')).toEqual(found('b'));
    } finally {
      jest.useRealTimers();
    }
  });

  it('asks again after five seconds, in case somebody changed a row behind its back', () => {
    jest.useFakeTimers();
    try {
      const memory = aMemory();
      learn(memory, 'a');
      jest.advanceTimersByTime(4_900);
      expect(recall(memory, 'a')).toEqual(found('a'));
      jest.advanceTimersByTime(200);
      expect(recall(memory, 'a')).toBeUndefined();
    } finally {
      jest.useRealTimers();
    }
  });

  it('tells of a blob until it is to be kept for longer', () => {
    const memory = aMemory();
    memory.remember(about('a'), found('a'), memory.asking(), clock.now + 10);
    expect(recall(memory, 'a')).toEqual(found('a'));
    clock.now += 10;
    expect(recall(memory, 'a')).toBeUndefined();
  });

  it('stays right, and bounded, however many images change', async () => {
    const memory = aMemory();
    const held = await memory.begin(imageScope('r', 'held'));
    learn(memory, 'a');
    for (let n = 0; n < 70_000; n++) await change(memory, `r/${n}`);
    expect(recall(memory, 'a')).toBeUndefined();
    learn(memory, 'held');
    expect(recall(memory, 'held')).toBeUndefined();
    held('made');
    learn(memory, 'held');
    expect(recall(memory, 'held')).toEqual(found('held'));
  });

  it('remembers nothing with a limit of nothing', () => {
    const memory = aMemory({ answers: 0 });
    learn(memory, 'a');
    expect(recall(memory, 'a')).toBeUndefined();
  });
});
