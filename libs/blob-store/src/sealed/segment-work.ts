// Runs in the thread that asks for it and, as a whole, in worker threads, also from its source: so it imports nothing but Node, and types.
import { createCipheriv, createDecipheriv, createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { SegmentAnswer, SegmentJob } from './segment-jobs.js';
import type { SegmentSecret } from './run-key.js';

/** `workerData` of the threads that are to do jobs. */
export const WORKER_MARK = 'entrepot-segments';

const TAG_BYTES = 16;
/** Bytes that go through a cipher at once. Its output is new memory each time: of this size it comes from memory that was used before. */
const PIECE_BYTES = 16 * 1024;

/** Encrypts the first `length` bytes of `frame` where they are, and puts the tag behind them. */
export function encryptSegment(frame: Uint8Array, length: number, { key, nonce, associated }: SegmentSecret): void {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated);
  inPlace(cipher, frame, length);
  cipher.final();
  frame.set(cipher.getAuthTag(), length);
}

/** Decrypts the first `length` bytes of `frame` where they are. False when they or their tag are not what was written: then nothing may be used. */
export function decryptSegment(frame: Uint8Array, length: number, { key, nonce, associated }: SegmentSecret): boolean {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated);
  decipher.setAuthTag(Uint8Array.from(frame.subarray(length, length + TAG_BYTES)));
  inPlace(decipher, frame, length);
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** Puts a check behind the first `length` bytes of `frame`. */
export function writeCrc(frame: Uint8Array, length: number, crc: number): void {
  new DataView(frame.buffer, frame.byteOffset).setUint32(length, crc);
}

/** The check behind the first `length` bytes of `frame`. */
export function readCrc(frame: Uint8Array, length: number): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(length);
}

function inPlace(cipher: { update(bytes: Uint8Array): Uint8Array }, frame: Uint8Array, length: number): void {
  for (let at = 0; at < length; at += PIECE_BYTES) {
    frame.set(cipher.update(frame.subarray(at, Math.min(length, at + PIECE_BYTES))), at);
  }
}

const digests = new Map<number, Hash>();

function answer(job: SegmentJob): Omit<SegmentAnswer, 'id'> {
  switch (job.kind) {
    case 'update':
      return update(job);
    case 'copy':
      return copy(job);
    case 'drop':
      digests.delete(job.digest);
      return {};
    case 'hex':
      return { hex: digests.get(job.digest)?.copy().digest('hex') ?? null };
    case 'encrypt':
      encryptSegment(job.frame, job.length, job.secret);
      return {};
    case 'decrypt':
      return { sound: decryptSegment(job.frame, job.length, job.secret) };
  }
}

function update({ digest, algorithm, frame, length }: Extract<SegmentJob, { kind: 'update' }>): object {
  const known = digests.get(digest) ?? createHash(algorithm);
  digests.set(digest, known.update(frame.subarray(0, length)));
  return {};
}

function copy({ digest, copy: to }: Extract<SegmentJob, { kind: 'copy' }>): object {
  const known = digests.get(digest);
  if (known) digests.set(to, known.copy());
  return {};
}

if (workerData === WORKER_MARK) {
  parentPort?.on('message', (job: SegmentJob & { id: number }) =>
    parentPort?.postMessage({ id: job.id, ...answer(job) }),
  );
}
