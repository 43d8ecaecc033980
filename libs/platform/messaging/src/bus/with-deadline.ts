import { BusUnavailable } from './bus-errors.js';

/** The work's outcome, or `BusUnavailable` after `deadlineMs`, or the signal's reason. The work itself isn't stopped. */
export function withDeadline<T>(
  work: Promise<T>,
  subject: string,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      done();
      reject(new BusUnavailable('deadline', `no answer to ${subject} within ${deadlineMs} ms`));
    }, deadlineMs);
    const abort = (): void => {
      done();
      reject(signal?.reason as Error);
    };
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort);
    work.then(resolve, reject).finally(done);
  });
}
