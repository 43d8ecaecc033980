import { hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { parseBlobKey } from '../keys.js';

/** Layout of keys, nonces, associated data and places. It is bound into every segment. */
const LAYOUT = 1;
const INFO = Buffer.from('entrepot blob run 1\0', 'latin1');
const ATTEMPT = /^[A-Za-z0-9_-]{22}$/;

/** What AES-256-GCM needs for one segment. */
export interface SegmentSecret {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly associated: Uint8Array;
}

/** 128 random bits: two attempts never share one, and so neither a key nor a place. */
export function newAttempt(): string {
  return randomBytes(16).toString('base64url');
}

export function isAttempt(value: unknown): value is string {
  return typeof value === 'string' && ATTEMPT.test(value);
}

/** Throws `RangeError` for a key that names no blob of a registry. */
export function generationOf(key: string): string {
  return partsOf(key).generation;
}

/** Throws `RangeError` for a key that names no blob of a registry. */
export function registryOf(key: string): string {
  return partsOf(key).registryId;
}

function partsOf(key: string) {
  const parts = parseBlobKey(key);
  if (!parts) throw new RangeError(`not the key of a blob: ${JSON.stringify(key.slice(0, 200))}`);
  return parts;
}

/** Which run of which blob: `start` is where the run begins in the plaintext of the blob. */
export function placeOfRun(generation: string, start: number): Buffer {
  const name = Buffer.from(generation, 'latin1');
  const place = Buffer.alloc(9 + name.length);
  place.writeUInt8(LAYOUT, 0);
  place.writeBigUInt64BE(BigInt(start), 1);
  name.copy(place, 9);
  return place;
}

/** Which segment of its run. */
export function placeInRun(number: number, last: boolean): Buffer {
  const place = Buffer.alloc(12);
  place.writeUInt32BE(last ? 1 : 0, 0);
  place.writeBigUInt64BE(BigInt(number), 4);
  return place;
}

/**
 * The key of one run and what its segments are bound to. HKDF-SHA-256 (RFC 5869) of the registry's key with the attempt as salt and the generation
 * as info: no two runs share a key, so a nonce can be as short as the segment's number.
 */
export class RunSecret {
  readonly #key: Uint8Array;
  readonly #associated: Buffer;

  /** `start`: where the run begins in the plaintext of the blob. */
  constructor(registryKey: KeyObject, generation: string, attempt: string, start: number) {
    const info = Buffer.concat([INFO, Buffer.from(generation, 'latin1')]);
    this.#key = new Uint8Array(hkdfSync('sha256', registryKey, Buffer.from(attempt, 'base64url'), info, 32));
    this.#associated = placeOfRun(generation, start);
  }

  /** A segment that was the last cannot pass for one that others follow, nor the other way round. */
  of(number: number, last: boolean): SegmentSecret {
    return { key: this.#key, nonce: placeInRun(number, last), associated: this.#associated };
  }
}
