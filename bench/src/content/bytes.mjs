import { createHash, randomFillSync } from 'node:crypto';

const CHUNK = 1024 * 1024;

export const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A blob of random bytes that nobody has pushed before: { digest, bytes }. */
export function aBlob(size) {
  const bytes = randomFillSync(Buffer.allocUnsafe(size));
  return { digest: sha256(bytes), bytes };
}

/**
 * A large blob: { digest, size, chunks() }. It is one random mebibyte over and over, each with its own number in front, so that sending it costs
 * no time and no memory, and its digest is known before the clock runs.
 */
export function aLargeBlob(size) {
  const base = randomFillSync(Buffer.allocUnsafe(CHUNK));
  function* chunks() {
    for (let offset = 0; offset < size; offset += CHUNK) {
      // A copy each: the one before may still wait in the socket.
      const chunk = Buffer.from(base.subarray(0, Math.min(CHUNK, size - offset)));
      chunk.writeBigUInt64LE(BigInt(offset), 0);
      yield chunk;
    }
  }
  const digest = createHash('sha256');
  for (const chunk of chunks()) digest.update(chunk);
  return { digest: `sha256:${digest.digest('hex')}`, size, chunks };
}
