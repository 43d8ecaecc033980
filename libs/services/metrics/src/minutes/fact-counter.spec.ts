import { describe, expect, it } from '@jest/globals';
import type { FactEvent } from '@entrepot/platform-messaging';
import { EnvironmentFailure } from '@entrepot/platform-observability';
import { FactCounter } from './fact-counter.js';
import type { CountedFact, MinuteCountStore } from './minute-count.store.js';

const NOW = new Date('2026-11-21T12:34:56.789Z');
const idOf = (n: number): string => `0193a0c2-d4e8-7b0f-9a1c-${String(n).padStart(12, '0')}`;

const eventOf = (n: number, more: Partial<FactEvent<unknown>> = {}): FactEvent<unknown> => ({
  id: idOf(n),
  type: 'image.pushed.v1',
  owner: 'catalog',
  accountId: 'account',
  registryId: 'registry',
  actor: 'EKSPEC',
  subject: null,
  time: NOW,
  sequence: '0',
  orderingKey: 'image',
  traceparent: null,
  data: {},
  ...more,
});

function counterOver(add: (facts: readonly CountedFact[]) => Promise<void>): {
  counter: FactCounter;
  batches: (readonly CountedFact[])[];
} {
  const batches: (readonly CountedFact[])[] = [];
  const store = {
    add: async (facts: readonly CountedFact[]) => {
      batches.push(facts);
      await add(facts);
    },
  } as unknown as MinuteCountStore;
  return { counter: new FactCounter(store, () => NOW), batches };
}

describe('FactCounter', () => {
  it('writes facts that come together as one statement', async () => {
    const { counter, batches } = counterOver(async () => undefined);
    await Promise.all([1, 2, 3].map((n) => counter.add(eventOf(n), 'image.push.count')));
    expect(batches.map((batch) => batch.map(({ eventId }) => eventId))).toEqual([[1, 2, 3].map(idOf)]);
  });

  it('counts a fact in the minute of its time', async () => {
    const { counter, batches } = counterOver(async () => undefined);
    await counter.add(eventOf(1, { registryId: null }), 'login.count');
    await counter.add(eventOf(2), 'image.pull.count', { count: 12, at: new Date('2026-11-21T11:59:59.999Z') });
    expect(batches.flat()).toMatchObject([
      { registryId: '_', minute: new Date('2026-11-21T12:34:00Z'), count: 1 },
      { registryId: 'registry', minute: new Date('2026-11-21T11:59:00Z'), count: 12 },
    ]);
  });

  it('counts what claims to come from the future now', async () => {
    const { counter, batches } = counterOver(async () => undefined);
    await counter.add(eventOf(1, { time: new Date('2099-01-01T00:00:00Z') }), 'image.push.count');
    expect(batches.flat()[0]?.minute).toEqual(new Date('2026-11-21T12:34:00Z'));
  });

  it('refuses an id that is none without failing the facts beside it', async () => {
    const { counter, batches } = counterOver(async () => undefined);
    const outcomes = await Promise.allSettled([
      counter.add(eventOf(1), 'image.push.count'),
      counter.add(eventOf(2, { id: "'; DROP TABLE minute_count" }), 'image.push.count'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(batches.flat()).toHaveLength(1);
  });

  it('writes singly what failed together, and tells the one that can not be written', async () => {
    const { counter } = counterOver(async (facts) => {
      if (facts.some(({ count }) => count === 13)) throw new RangeError('out of range');
    });
    const outcomes = await Promise.allSettled(
      [1, 13, 2].map((count, n) => counter.add(eventOf(n), 'image.pull.count', { count })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('passes on that the database is away, so that the fact comes again', async () => {
    const { counter } = counterOver(async () => {
      throw new EnvironmentFailure('the database is away');
    });
    await expect(counter.add(eventOf(1), 'image.push.count')).rejects.toThrow(EnvironmentFailure);
  });
});
