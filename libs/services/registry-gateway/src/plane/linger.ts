import type { IncomingMessage } from 'node:http';

/** Long enough for a client on another continent to read the answer and stop; short enough that nobody can hold us with it. */
const LINGER_MS = 1000;
/** More than what is under way in a fast network's buffers in that time. */
const LINGER_BYTES = 64 * 1024 * 1024;

/**
 * Reads on and drops what a refused client still sends, for a moment. A connection closed with unread bytes is reset, and a reset destroys the
 * answer on its way: the client would see a broken pipe instead of our sentence. Source: RFC 9112 §9.6.
 */
export function discardRest(body: IncomingMessage, limitMs = LINGER_MS, limitBytes = LINGER_BYTES): Promise<void> {
  if (body.complete || body.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let dropped = 0;
    const drop = (chunk: Buffer) => {
      dropped += chunk.length;
      if (dropped > limitBytes) end();
    };
    const end = () => {
      clearTimeout(timer);
      body.off('data', drop).off('end', end).off('close', end).off('error', end);
      resolve();
    };
    const timer = setTimeout(end, limitMs);
    body.on('data', drop).on('end', end).on('close', end).on('error', end);
    body.resume();
  });
}
