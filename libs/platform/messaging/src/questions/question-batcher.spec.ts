import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { BusUnavailable, PeerUnavailable } from '../bus/bus-errors.js';
import { QuestionBatcher, type QuestionBatcherOptions } from './question-batcher.js';

interface Batch {
  questions: number[];
  answer: (results?: (string | Error)[]) => Promise<void>;
  fail: (error: Error) => Promise<void>;
}

/** A batcher whose batches wait to be answered by the test. */
function aBatcher(options: Partial<QuestionBatcherOptions<number, string>> = {}): {
  batches: Batch[];
  ask: (question: number) => Promise<string>;
  batcher: QuestionBatcher<number, string>;
} {
  const batches: Batch[] = [];
  const batcher = new QuestionBatcher<number, string>({
    ask: (questions) =>
      new Promise((resolve, reject) => {
        const answer = async (results?: (string | Error)[]): Promise<void> => {
          resolve(results ?? questions.map((q) => `a${q}`));
          await turns();
        };
        const fail = async (error: Error): Promise<void> => {
          reject(error);
          await turns();
        };
        batches.push({ questions, answer, fail });
      }),
    ...options,
  });
  return { batches, batcher, ask: (question) => batcher.ask(question) };
}

/** Long enough for what was settled to travel through promises and `setImmediate`. */
async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const seen = (batches: Batch[]): number[][] => batches.map((batch) => batch.questions);
const settledOf = (promises: Promise<string>[]): Promise<(string | Error)[]> =>
  Promise.all(promises.map((p) => p.catch((error: Error) => error)));

describe('QuestionBatcher', () => {
  it('sends a lone question at once', async () => {
    const { batches, ask } = aBatcher();
    const answer = ask(1);
    await turns();
    expect(seen(batches)).toEqual([[1]]);
    await batches[0]!.answer();
    expect(await answer).toBe('a1');
  });

  it('sends questions of the same turn together and gives each its own answer', async () => {
    const { batches, ask } = aBatcher();
    const answers = [1, 2, 3].map(ask);
    await turns();
    expect(seen(batches)).toEqual([[1, 2, 3]]);
    await batches[0]!.answer();
    expect(await Promise.all(answers)).toEqual(['a1', 'a2', 'a3']);
  });

  it('has at most so many batches under way; whoever comes meanwhile leaves together with the next, in order', async () => {
    const { batches, ask } = aBatcher({ maxInFlight: 2 });
    const answers: Promise<string>[] = [];
    for (const question of range(0, 6)) {
      answers.push(ask(question));
      await turns();
    }
    expect(seen(batches)).toEqual([[0], [1]]);
    await batches[1]!.answer();
    expect(seen(batches)).toEqual([[0], [1], [2, 3, 4, 5]]);
    await batches[0]!.answer();
    await batches[2]!.answer();
    expect(await Promise.all(answers)).toEqual(range(0, 6).map((q) => `a${q}`));
  });

  it('splits by count', async () => {
    const { batches, ask } = aBatcher({ maxQuestions: 4, maxInFlight: 3 });
    const answers = range(0, 10).map(ask);
    await turns();
    expect(seen(batches).map((batch) => batch.length)).toEqual([4, 4, 2]);
    for (const batch of batches) await batch.answer();
    await Promise.all(answers);
  });

  it('splits by bytes; a question larger than a batch leaves alone', async () => {
    const { batches, ask } = aBatcher({ maxBytes: 10, sizeOf: (question) => question, maxInFlight: 8 });
    const answers = [4, 6, 1, 50, 3].map(ask);
    await turns();
    expect(seen(batches)).toEqual([[4, 6], [1], [50], [3]]);
    for (const batch of batches) await batch.answer();
    await Promise.all(answers);
  });

  it('refuses just the question whose answer is an Error', async () => {
    const { batches, ask } = aBatcher();
    const answers = settledOf([ask(1), ask(2)]);
    await turns();
    const error = new Error('denied');
    await batches[0]!.answer([error, 'fine']);
    expect(await answers).toEqual([error, 'fine']);
    expect(batches).toHaveLength(1);
  });

  it('asks the questions of a failed batch again singly, so that only the poisonous one fails', async () => {
    const calls: number[][] = [];
    const batcher = new QuestionBatcher<number, string>({
      ask: async (questions) => {
        calls.push(questions);
        if (questions.includes(13)) throw new Error('poison');
        return questions.map((q) => `a${q}`);
      },
    });
    const results = await settledOf([12, 13, 14].map((question) => batcher.ask(question)));
    expect(results[0]).toBe('a12');
    expect(results[1]).toMatchObject({ message: 'poison' });
    expect(results[2]).toBe('a14');
    expect(calls).toEqual([[12, 13, 14], [12], [13], [14]]);
  });

  it('takes a reply with too few answers for a failed batch', async () => {
    const batcher = new QuestionBatcher<number, string>({
      ask: async (questions) => (questions.length > 1 ? ['only one'] : [`a${questions[0]}`]),
    });
    expect(await Promise.all([1, 2].map((question) => batcher.ask(question)))).toEqual(['a1', 'a2']);
  });

  it('does not let a slow question take the others with it', async () => {
    const batcher = new QuestionBatcher<number, string>({
      deadlineMs: 3_000,
      batchDeadlineMs: 50,
      ask: async (questions) => {
        if (questions.includes(13)) await sleep(10_000, undefined, { ref: false });
        return questions.map((q) => `a${q}`);
      },
    });
    let slowEnded = false;
    const slow = batcher
      .ask(13)
      .catch((error: unknown) => error)
      .finally(() => (slowEnded = true));
    expect(await Promise.all([1, 2, 3].map((question) => batcher.ask(question)))).toEqual(['a1', 'a2', 'a3']);
    expect(slowEnded).toBe(false);
    expect(await slow).toMatchObject({ name: 'BusUnavailable', reason: 'deadline' });
  });

  it('does not let many slow questions hold up the rest, however long the line', async () => {
    const batcher = new QuestionBatcher<number, string>({
      deadlineMs: 300,
      batchDeadlineMs: 50,
      ask: async (questions) => {
        if (questions.some((question) => question < 20)) await sleep(2_000, undefined, { ref: false });
        return questions.map((q) => `a${q}`);
      },
    });
    const results = await settledOf(range(0, 200).map((question) => batcher.ask(question)));
    expect(results.filter((result) => result instanceof BusUnavailable)).toHaveLength(20);
    expect(results.slice(20)).toEqual(range(20, 200).map((q) => `a${q}`));
  });

  it.each([
    ['nobody is there', new BusUnavailable('no-responders', 'x')],
    ['the connection is lost', new BusUnavailable('disconnected', 'x')],
    ['the peer has no database', new PeerUnavailable('DATABASE_UNAVAILABLE', 'x', 1)],
  ])('does not ask again singly when %s', async (_, error) => {
    const { batches, ask } = aBatcher();
    const answers = settledOf([ask(1), ask(2)]);
    await turns();
    await batches[0]!.fail(error);
    expect(await answers).toEqual([error, error]);
    expect(batches).toHaveLength(1);
  });

  it('gives each question its own deadline, waiting included, and does not ask what nobody waits for any more', async () => {
    const { batches, ask } = aBatcher({ maxInFlight: 1, maxQuestions: 1, deadlineMs: 150 });
    expect(await settledOf([ask(1), ask(2)])).toMatchObject([{ reason: 'deadline' }, { reason: 'deadline' }]);
    const later = settledOf([ask(3)]);
    await eventualBatch(batches, 2);
    expect(seen(batches)).toEqual([[1], [3]]);
    await batches[1]!.answer();
    expect(await later).toEqual(['a3']);
  });

  it('starves nobody: under constant load each question leaves in the order of its arrival', async () => {
    const order: number[] = [];
    const batcher = new QuestionBatcher<number, string>({
      maxInFlight: 2,
      maxQuestions: 8,
      ask: async (questions) => {
        order.push(...questions);
        await new Promise(setImmediate);
        return questions.map((q) => `a${q}`);
      },
    });
    const answers: Promise<string>[] = [];
    for (const question of range(0, 500)) {
      answers.push(batcher.ask(question));
      if (question % 7 === 0) await new Promise(setImmediate);
    }
    expect(await Promise.all(answers)).toEqual(range(0, 500).map((q) => `a${q}`));
    expect(order).toEqual(range(0, 500));
  });
});

async function eventualBatch(batches: Batch[], count: number): Promise<void> {
  for (let i = 0; i < 50 && batches.length < count; i++) await sleep(2);
}
