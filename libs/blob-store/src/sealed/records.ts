import { ForeignBlobRecord } from '../errors.js';
import { assertKey } from '../keys.js';
import type { BlobLocation, JsonObject, JsonValue, WriterState } from '../port.js';
import { type FrameFormat, plainSize, type Run } from './frame-layout.js';
import { isAttempt } from './run-key.js';

/** Of the records below. Records without it were written before blobs were sealed: they are the inner store's own. */
const VERSION = 1;
/** The same bound as the inner stores have: each append is a part of theirs. */
export const MAX_RUNS = 10_000;

/** How a blob is stored: the same for all of its runs. */
export interface Seal {
  readonly format: FrameFormat;
  /** Of the registry's key; only when encrypted. */
  readonly keyId?: string;
}

/** What is common to the state of a write and the location of a blob. */
export interface SealedRecord extends Seal {
  readonly runs: readonly Run[];
  readonly inner: JsonObject;
}

export interface SealedLocation extends SealedRecord {
  readonly key: string;
}

/** Null for a state that was made before blobs were sealed. Throws `ForeignBlobRecord` for one that nobody here made. */
export function parseState(state: WriterState): SealedRecord | null {
  return state['v'] === undefined ? null : parseRecord(state);
}

/** Null for a location that was made before blobs were sealed. Throws `ForeignBlobRecord` for one that nobody here made. */
export function parseLocation(location: BlobLocation): SealedLocation | null {
  if (location['v'] === undefined) return null;
  const key = location['key'];
  if (typeof key !== 'string') throw new ForeignBlobRecord('a blob location without a key');
  assertKey(key);
  return { ...parseRecord(location), key };
}

/**
 * Runs are the bulk of a record, so they are kept short: a number is the size of a run that has no attempt. The property order is fixed, so that equal
 * records are equal texts.
 */
export function stateOf({ format, keyId, runs, inner }: SealedRecord): WriterState {
  const packed: JsonValue[] = runs.map(({ size, attempt }) => (attempt === undefined ? size : [size, attempt]));
  return { v: VERSION, format, ...(keyId === undefined ? {} : { keyId }), runs: packed, inner };
}

export function locationOf(key: string, record: SealedRecord): BlobLocation {
  return { ...stateOf(record), key };
}

/** What a sealed location says of itself: for inventories, and to know which keys are in use. Null for one that is not sealed. */
export function describeLocation(location: BlobLocation): (Seal & { readonly size: number }) | null {
  const parsed = parseLocation(location);
  if (!parsed) return null;
  const { format, keyId, runs } = parsed;
  return { format, ...(keyId === undefined ? {} : { keyId }), size: plainSize(runs) };
}

function parseRecord({ v, format, keyId, runs, inner }: JsonObject): SealedRecord {
  if (v !== VERSION)
    throw new ForeignBlobRecord(`a blob record of version ${String(v)}, this release knows ${VERSION}`);
  if (format !== 'raw' && format !== 'crc' && format !== 'aes')
    throw new ForeignBlobRecord('a blob record of no format');
  const encrypted = format === 'aes';
  if (encrypted !== (typeof keyId === 'string')) throw new ForeignBlobRecord('a blob record whose key is not named');
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) {
    throw new ForeignBlobRecord('a blob record without that of its store');
  }
  return { format, ...(encrypted ? { keyId: keyId as string } : {}), runs: parseRuns(runs, format), inner };
}

/** Whether runs of the format have an attempt. Those of 'crc' got it later: the earlier ones must stay readable. */
const ATTEMPTS: Readonly<Record<FrameFormat, { with: boolean; without: boolean }>> = {
  raw: { with: false, without: true },
  crc: { with: true, without: true },
  aes: { with: true, without: false },
};

function parseRuns(value: JsonValue | undefined, format: FrameFormat): Run[] {
  if (!Array.isArray(value) || value.length > MAX_RUNS) throw new ForeignBlobRecord('a blob record without runs');
  return value.map((packed) => {
    const [size, attempt] = Array.isArray(packed) ? packed : [packed];
    if (!Number.isSafeInteger(size) || Number(size) < 1)
      throw new ForeignBlobRecord('a blob record with a run of no size');
    if (attempt === undefined && ATTEMPTS[format].without) return { size: Number(size) };
    if (!ATTEMPTS[format].with || !isAttempt(attempt))
      throw new ForeignBlobRecord('a blob record with a run of no attempt');
    return { size: Number(size), attempt };
  });
}
