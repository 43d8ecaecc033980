import { oci } from './error-factories.js';
import { isMediaType, MAX_MEDIA_TYPE_LENGTH } from './media-types.js';
import { quoted } from './quote.js';

/** A JSON object of a manifest, its fields not yet checked. */
export type JsonObject = Record<string, unknown>;

/** Readers of one field each. An absent field and null are the same, as they are to Go clients, which write null for an empty list. */
export function readObject(value: unknown, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw oci.manifestInvalid(`${where} must be an object`);
}

export function readArray(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw oci.manifestInvalid(`${where} must be a list`);
}

export function readOptionalString(value: unknown, where: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw oci.manifestInvalid(`${where} must be a string`);
}

/** Null when absent or empty. Throws for what {@link isMediaType} does not let through. */
export function readOptionalMediaType(value: unknown, where: string): string | null {
  const text = readOptionalString(value, where);
  if (text === null || text === '') return null;
  if (isMediaType(text)) return text;
  throw oci.manifestInvalid(
    `${where} ${quoted(text)} is not a media type of at most ${MAX_MEDIA_TYPE_LENGTH} printable characters, 127 before and after the slash`,
  );
}

export function readOptionalStrings(value: unknown, where: string): string[] {
  if (value === undefined || value === null) return [];
  const list = readArray(value, where);
  if (list.every((item) => typeof item === 'string')) return list;
  throw oci.manifestInvalid(`${where} must hold strings only`);
}

/** Null when absent. The object is JSON.parse's own, so a key such as `__proto__` is data like any other. */
export function readOptionalAnnotations(value: unknown, where: string): Record<string, string> | null {
  if (value === undefined || value === null) return null;
  const annotations = readObject(value, where);
  for (const [key, text] of Object.entries(annotations)) {
    if (typeof text !== 'string') throw oci.manifestInvalid(`${where}: the value of ${quoted(key)} must be a string`);
  }
  return annotations as Record<string, string>;
}

/**
 * Refuses keys that differ from a known one in letter case only. Go's JSON reader, which most clients use, takes `Layers` for `layers`, we
 * don't: the two would run different images from one digest.
 */
export function refuseLookAlikes(object: JsonObject, known: ReadonlyMap<string, string>, where: string): void {
  for (const key of Object.keys(object)) {
    if (key.length > 16) continue;
    const meant = known.get(fold(key));
    if (meant !== undefined && meant !== key) {
      throw oci.manifestInvalid(`${where} has the key ${quoted(key)}, which some clients read as ${quoted(meant)}`);
    }
  }
}

/** The known keys of one kind of object, for {@link refuseLookAlikes}. */
export function knownKeys(...keys: string[]): ReadonlyMap<string, string> {
  return new Map(keys.map((key) => [fold(key), key]));
}

// Up, then down: so the long s and the Kelvin sign fold as they do in Go's reader.
function fold(key: string): string {
  return key.toUpperCase().toLowerCase();
}
