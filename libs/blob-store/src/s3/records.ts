import { ForeignBlobRecord } from '../errors.js';
import { assertKey } from '../keys.js';
import type { JsonObject } from '../port.js';

/** One object of a blob. `id` is the object's name after the key and a dot. */
export type S3Object = { id: string; size: number };

/** The objects that hold the bytes, in order. */
export type S3State = { objects: S3Object[] };

export type S3Location = { key: string; objects: S3Object[] };

/** The whole of a blob without bytes. */
export const EMPTY_OBJECT: S3Object = { id: 'empty', size: 0 };

const OBJECT_ID = /^(\d{1,5}-[0-9a-f]{16}|empty)$/;

/** Throws `ForeignBlobRecord` unless `state` is one of this driver's. */
export function parseState(state: JsonObject): S3State {
  return { objects: parseObjects(state['objects']) };
}

/** Throws `ForeignBlobRecord` unless `location` is one of this driver's. */
export function parseLocation(location: JsonObject): S3Location {
  const key = location['key'];
  if (typeof key !== 'string') throw new ForeignBlobRecord('a blob location without a key');
  assertKey(key);
  return { key, objects: parseObjects(location['objects']) };
}

export function nameOf(key: string, id: string): string {
  return `${key}.${id}`;
}

/** The key that an object's name belongs to, or null when it is none of a blob. */
export function keyOf(name: string): string | null {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return dot === -1 || !name.includes('/') ? null : name.slice(0, dot);
}

// Ids become names of objects, so they are checked although they come from our own rows.
function parseObjects(value: unknown): S3Object[] {
  if (!Array.isArray(value)) throw new ForeignBlobRecord('a blob record without objects');
  return value.map((object: unknown) => {
    const { id, size } = (object ?? {}) as Partial<S3Object>;
    if (typeof id !== 'string' || !OBJECT_ID.test(id) || !Number.isSafeInteger(size) || Number(size) < 0) {
      throw new ForeignBlobRecord('a blob record with something that is not an object of this store');
    }
    return { id, size: Number(size) };
  });
}
