import { describe, expect, it } from '@jest/globals';
import { Pace } from './pace.js';

describe('Pace', () => {
  const signal = new AbortController().signal;

  it('takes no longer than the rate needs, and no shorter', async () => {
    const pace = new Pace(1_000_000);
    const began = performance.now();
    for (let piece = 0; piece < 10; piece++) await pace.take(60_000, signal);
    // 600 ms' worth, of which a quarter of a second may come at once.
    expect(performance.now() - began).toBeGreaterThan(330);
  });

  it('does not wait for what came slower than the rate', async () => {
    let now = 1_000_000;
    const pace = new Pace(1_000, () => now);
    for (let piece = 0; piece < 100; piece++) {
      now += 10_000;
      await pace.take(100, signal);
    }
  });

  it('ends at once with the signal', async () => {
    const stop = new AbortController();
    const waiting = new Pace(1).take(1_000_000, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow();
    await expect(new Pace(1e9).take(1, stop.signal)).rejects.toThrow();
  });
});
