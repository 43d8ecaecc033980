import { describe, expect, it } from '@jest/globals';
import { askAgain, AsksBeside, type Send } from './ask-again.js';
import { BusUnavailable } from './bus-errors.js';

/** A bus whose n-th ask behaves as told: an answer, an error, or silence until it is given up. */
function bus(...behaviour: (string | Error | null)[]): { send: Send<string>; asks: number[] } {
  const asks: number[] = [];
  const send: Send<string> = (forMs) => {
    const what = behaviour[asks.push(forMs) - 1] ?? null;
    if (what instanceof Error) return Promise.reject(what);
    if (what !== null) return Promise.resolve(what);
    return new Promise((_, reject) => setTimeout(() => reject(new BusUnavailable('deadline', 'silence')), forMs));
  };
  return { send, asks };
}

describe('a question whose answer does not come', () => {
  it('is asked again beside the first when it changes nothing, and the first answer counts', async () => {
    const { send, asks } = bus(null, null, 'here');
    expect(await askAgain('freely', 200, send, new AsksBeside())).toBe('here');
    expect(asks.map(Math.round)).toEqual([200, 184, 160]);
  });

  it('is asked again in turn when it changes something, each time after the one before was given up', async () => {
    const { send, asks } = bus(null, null, 'here');
    expect(await askAgain('fenced', 160, send, new AsksBeside())).toBe('here');
    expect(asks).toEqual([30, 30, 100]);
  });

  it('is asked once when a second answer would be another one', async () => {
    const { send, asks } = bus(null, 'here');
    await expect(askAgain('never', 20, send, new AsksBeside())).rejects.toMatchObject({ reason: 'deadline' });
    expect(asks).toEqual([20]);
  });

  it.each(['freely', 'fenced'] as const)('is given up (%s) when every ask met silence', async (how) => {
    const { send, asks } = bus();
    await expect(askAgain(how, 100, send, new AsksBeside())).rejects.toMatchObject({ reason: 'deadline' });
    expect(asks.length).toBe(how === 'freely' ? 5 : 3);
  });

  it.each(['freely', 'fenced', 'never'] as const)('is not asked again (%s) when the bus says why', async (how) => {
    const { send, asks } = bus(new BusUnavailable('no-responders', 'nobody'));
    await expect(askAgain(how, 100, send, new AsksBeside())).rejects.toMatchObject({ reason: 'no-responders' });
    expect(asks).toHaveLength(1);
  });

  it('is not asked beside others without bound: an owner that is merely slow must not get five times the work', async () => {
    const { send, asks } = bus();
    const beside = new AsksBeside(3);
    const asked = Array.from({ length: 10 }, () => askAgain('freely', 60, send, beside).catch(() => null));
    await Promise.all(asked);
    expect(asks).toHaveLength(13);
  });
});
