import { describe, expect, it } from '@jest/globals';
import { WaitingKeys } from './waiting-keys.js';

describe('keys that wait', () => {
  it('are passed over for twice as long after each failure in a row, half a minute at most', () => {
    let now = 0;
    const keys = new WaitingKeys(() => now);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      keys.failed('a');
      waits.push(keys.nextDueMs());
      expect(keys.passedOver()).toEqual(['a']);
      now += keys.nextDueMs();
      expect(keys.passedOver()).toEqual([]);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('begin anew after a success', () => {
    const keys = new WaitingKeys(() => 0);
    keys.failed('a');
    keys.failed('a');
    keys.succeeded('a');
    expect([keys.size, keys.nextDueMs(), keys.passedOver()]).toEqual([0, Infinity, []]);
    keys.failed('a');
    expect(keys.nextDueMs()).toBe(1_000);
  });
});
