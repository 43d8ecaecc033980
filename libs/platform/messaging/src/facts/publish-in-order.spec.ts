import { describe, expect, it } from '@jest/globals';
import type { OutboxRow } from './outbox-rows.js';
import { publishInOrder } from './publish-in-order.js';

const row = (id: string, orderingKey: string): OutboxRow => ({ busSubject: 's', event: { id, orderingKey } as never });

describe('publishInOrder', () => {
  it('waits within a key and not between keys', async () => {
    const log: string[] = [];
    const rows = [row('a1', 'a'), row('a2', 'a'), row('b1', 'b')];
    const result = await publishInOrder(rows, async ({ event }) => {
      log.push(`+${event.id}`);
      await new Promise(setImmediate);
      log.push(`-${event.id}`);
    });
    expect(log.indexOf('+b1')).toBeLessThan(log.indexOf('-a1'));
    expect(log.indexOf('-a1')).toBeLessThan(log.indexOf('+a2'));
    expect(result).toEqual({ published: ['a1', 'b1', 'a2'], failed: new Map() });
  });

  it('publishes nothing of a key after one that failed, and all of the others', async () => {
    const failure = new Error('no stream');
    const rows = [row('a1', 'a'), row('a2', 'a'), row('a3', 'a'), row('b1', 'b'), row('b2', 'b')];
    const result = await publishInOrder(rows, async ({ event }) => {
      if (event.id === 'a2') throw failure;
    });
    expect([...result.failed]).toEqual([['a', failure]]);
    expect(result.published.sort()).toEqual(['a1', 'b1', 'b2']);
  });
});
