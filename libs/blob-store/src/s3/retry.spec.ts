import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { patiently, Pauses } from './retry.js';
import { S3Failure } from './s3-failure.js';

const BUSY = new S3Failure('SlowDown', 'so', 503);
const PATIENCE = { backoffMs: 100, giveUpMs: 600_000 };

describe('pauses between tries', () => {
  let chance: number;

  beforeEach(() => {
    jest.useFakeTimers();
    chance = 1;
    jest.spyOn(Math, 'random').mockImplementation(() => chance);
  });

  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  /** How long each of the next pauses is. */
  async function lengths(pauses: Pauses, count: number): Promise<number[]> {
    const found: number[] = [];
    for (let i = 0; i < count; i++) {
      const since = Date.now();
      const paused = pauses.before(BUSY);
      await jest.runAllTimersAsync();
      await paused;
      found.push(Date.now() - since);
    }
    return found;
  }

  it('double, up to five seconds', async () => {
    expect(await lengths(new Pauses(PATIENCE), 9)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  });

  it('are by chance shorter, by half at most', async () => {
    chance = 0;
    expect(await lengths(new Pauses(PATIENCE), 8)).toEqual([50, 100, 200, 400, 800, 1_600, 2_500, 2_500]);
    chance = 0.5;
    expect(await lengths(new Pauses(PATIENCE), 3)).toEqual([75, 150, 300]);
  });

  it('begin small again, and with all the time, when something went well', async () => {
    const pauses = new Pauses({ backoffMs: 100, giveUpMs: 1_000 });
    expect(await lengths(pauses, 3)).toEqual([100, 200, 400]);
    pauses.progress();
    expect(await lengths(pauses, 3)).toEqual([100, 200, 400]);
    await expect(pauses.before(BUSY)).rejects.toBe(BUSY);
  });

  it('are none when the time would be over after the next, which is found out at once', async () => {
    const pauses = new Pauses({ backoffMs: 100, giveUpMs: 699 });
    await lengths(pauses, 2);
    const since = Date.now();
    await expect(pauses.before(BUSY)).rejects.toBe(BUSY);
    expect(Date.now()).toBe(since);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('count the time of the tries themselves', async () => {
    const pauses = new Pauses({ backoffMs: 100, giveUpMs: 1_000 });
    jest.setSystemTime(Date.now() + 901);
    await expect(pauses.before(BUSY)).rejects.toBe(BUSY);
  });

  it("end with the signal's reason, at once, and leave no timer", async () => {
    const controller = new AbortController();
    const removed = jest.spyOn(controller.signal, 'removeEventListener');
    const paused = new Pauses(PATIENCE).before(BUSY, controller.signal);
    const reason = new Error('shutting down');
    controller.abort(reason);
    await expect(paused).rejects.toBe(reason);
    expect(jest.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledTimes(1);
    await expect(new Pauses(PATIENCE).before(BUSY, controller.signal)).rejects.toBe(reason);
  });

  it('leave nothing with a signal that outlives them', async () => {
    const { signal } = new AbortController();
    const removed = jest.spyOn(signal, 'removeEventListener');
    const paused = new Pauses(PATIENCE).before(BUSY, signal);
    await jest.runAllTimersAsync();
    await paused;
    expect(removed).toHaveBeenCalledTimes(1);
  });

  describe('of a request', () => {
    it('go on until it succeeds', async () => {
      let tries = 0;
      const done = patiently(PATIENCE, async () => {
        if (++tries < 4) throw BUSY;
        return 'done';
      });
      const since = Date.now();
      await jest.runAllTimersAsync();
      expect(await done).toBe('done');
      expect([tries, Date.now() - since]).toEqual([4, 700]);
    });

    it('end with its last failure when the time is over', async () => {
      let tries = 0;
      const done = patiently({ backoffMs: 100, giveUpMs: 30_000 }, async () => {
        throw new S3Failure('SlowDown', `try ${++tries}`, 503);
      });
      const refused = expect(done).rejects.toThrow('try 11');
      const since = Date.now();
      await jest.runAllTimersAsync();
      await refused;
      // 6.3 s for the first six, then five seconds each.
      expect(Date.now() - since).toBe(26_300);
    });

    it('are none after what does not pass', async () => {
      const attempt = jest.fn(async () => Promise.reject(new S3Failure('AccessDenied', 'so', 403)));
      await expect(patiently(PATIENCE, attempt)).rejects.toMatchObject({ code: 'AccessDenied' });
      expect(attempt).toHaveBeenCalledTimes(1);
    });
  });
});
