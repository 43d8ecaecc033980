import { describe, expect, it } from '@jest/globals';
import { OutboxSignal } from './outbox-signal.js';

function poolThatWaits(): { pool: never; sent: () => number; answer: (error?: Error) => Promise<void> } {
  const waiting: ((error?: Error) => void)[] = [];
  let count = 0;
  const query = (): Promise<void> =>
    new Promise((resolve, reject) => {
      count += 1;
      waiting.push((error) => (error ? reject(error) : resolve()));
    });
  const answer = async (error?: Error): Promise<void> => {
    waiting.shift()!(error);
    await new Promise(setImmediate);
  };
  return { pool: { query } as never, sent: () => count, answer };
}

describe('OutboxSignal', () => {
  it('lets one signal stand for all commits that happened while another was under way', async () => {
    const { pool, sent, answer } = poolThatWaits();
    const signal = new OutboxSignal(pool, 'catalog', async () => undefined);
    signal.send();
    signal.send();
    signal.send();
    expect(sent()).toBe(1);
    await answer();
    expect(sent()).toBe(2);
    await answer();
    await signal.idle();
    expect(sent()).toBe(2);
  });

  it('lets one signal stand for all commits of the moment after another', async () => {
    const { pool, sent, answer } = poolThatWaits();
    let over = (): void => undefined;
    const signal = new OutboxSignal(pool, 'catalog', () => new Promise((resolve) => (over = resolve)));
    signal.send();
    await answer();
    signal.send();
    signal.send();
    expect(sent()).toBe(1);
    over();
    await new Promise(setImmediate);
    expect(sent()).toBe(2);
    await answer();
  });

  it('goes on after a signal that failed', async () => {
    const { pool, sent, answer } = poolThatWaits();
    const signal = new OutboxSignal(pool, 'catalog', async () => undefined);
    signal.send();
    await answer(new Error('gone'));
    signal.send();
    expect(sent()).toBe(2);
    await answer();
  });
});
