import { ForeignBlobRecord } from '../errors.js';
import { assertKey } from '../keys.js';
import type { JsonObject } from '../port.js';

/** One append's file. `id` is the file's name after the key and a dot. */
export type Part = { id: string; size: number };

export type FilesystemState = { parts: Part[]; size: number };

export type FilesystemLocation = { key: string; parts: Part[] };

const PART_ID = /^(\d{1,5}(-[0-9a-f]{16})?|empty)$/;

/** Throws `ForeignBlobRecord` unless `state` is one of this driver's. */
export function parseState(state: JsonObject): FilesystemState {
  const parts = parseParts(state['parts']);
  return { parts, size: sizeOf(parts) };
}

/** Throws `ForeignBlobRecord` unless `location` is one of this driver's. */
export function parseLocation(location: JsonObject): FilesystemLocation {
  const key = location['key'];
  if (typeof key !== 'string') throw new ForeignBlobRecord('a blob location without a key');
  assertKey(key);
  return { key, parts: parseParts(location['parts']) };
}

export function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0);
}

// Ids become file names, so they are checked although they come from our own rows.
function parseParts(value: unknown): Part[] {
  if (!Array.isArray(value)) throw new ForeignBlobRecord('a blob record without parts');
  return value.map((part: unknown) => {
    const { id, size } = (part ?? {}) as Partial<Part>;
    if (typeof id !== 'string' || !PART_ID.test(id) || !Number.isSafeInteger(size) || Number(size) < 0) {
      throw new ForeignBlobRecord('a blob record with a part that is not a file of this store');
    }
    return { id, size: Number(size) };
  });
}
