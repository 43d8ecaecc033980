import { Readable } from 'node:stream';

/** Calls `take` with each chunk in order and waits when it asks for it. Ends with the signal's reason even while the source is silent. */
export async function drain(
  source: Readable | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  take: (chunk: Buffer) => Promise<void> | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const iterator = iterate(source);
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal);
      if (next.done) return;
      const waiting = take(asBuffer(next.value));
      if (waiting) await waiting;
    }
  } catch (error) {
    // Not awaited: a silent source never answers.
    iterator.return?.().catch(() => undefined);
    throw error;
  }
}

function iterate(source: Readable | AsyncIterable<Uint8Array>): AsyncIterator<unknown> {
  if (source instanceof Readable) return source.iterator({ destroyOnReturn: false });
  return source[Symbol.asyncIterator]();
}

function asBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError('a source of blob bytes must give bytes, not text or objects');
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
