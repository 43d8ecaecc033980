/*
 * The one path table. A driver may lay its own names beneath a key, never beside it.
 *
 *   <root of the directory or bucket>
 *   ├── entrepot-store.json                      who owns this store (see identity.ts) and STORE_LAYOUT
 *   ├── probe-<random>                           exists for the moment of a write check
 *   └── registries/<registry id>/blobs/<xx>/<generation>
 *                                                one stored upload; <xx> are the generation's last two characters
 *
 * The last two and not the first: generations may be time-ordered ids, whose beginning is the same for all of a day.
 */

/** Number of the tree above. A store of a higher one was written by a newer release and is refused. */
export const STORE_LAYOUT = 1;

/** Key of the identity record. Outside the grammar of blob keys on purpose: no blob can be written there. */
export const IDENTITY_KEY = 'entrepot-store.json';

const ID = /^[a-z0-9][a-z0-9-]{1,99}$/;
const KEY = /^[a-z0-9-]+(\/[a-z0-9-]+)*$/;
// S3 allows 1,024 bytes and file names 255; drivers append a suffix to the last segment.
const MAX_KEY_LENGTH = 400;
const MAX_SEGMENT_LENGTH = 128;

export interface BlobKeyParts {
  readonly registryId: string;
  /** Id of one stored upload, never used twice. */
  readonly generation: string;
}

/** `registries/<registryId>/blobs/<xx>/<generation>`. Throws `RangeError` unless both ids are 2–100 characters of `[a-z0-9-]`. */
export function blobKey({ registryId, generation }: BlobKeyParts): string {
  if (!ID.test(registryId)) throw new RangeError(`not a registry id for a key: ${JSON.stringify(registryId)}`);
  if (!ID.test(generation)) throw new RangeError(`not a generation for a key: ${JSON.stringify(generation)}`);
  return `registries/${registryId}/blobs/${generation.slice(-2)}/${generation}`;
}

/** What `blobKey` was made from, or null when `key` was not made by it. */
export function parseBlobKey(key: string): BlobKeyParts | null {
  const match = /^registries\/([^/]+)\/blobs\/[^/]+\/([^/]+)$/.exec(key);
  const [, registryId = '', generation = ''] = match ?? [];
  if (!ID.test(registryId) || !ID.test(generation)) return null;
  return key === blobKey({ registryId, generation }) ? { registryId, generation } : null;
}

/** Prefix of all keys of a registry, for `listKeys`. */
export function registryPrefix(registryId: string): string {
  if (!ID.test(registryId)) throw new RangeError(`not a registry id for a key: ${JSON.stringify(registryId)}`);
  return `registries/${registryId}/`;
}

/** Throws `RangeError` unless `key` is segments of `[a-z0-9-]` joined by `/`: without dots it can't climb out of the store. */
export function assertKey(key: string): void {
  const sound =
    key.length <= MAX_KEY_LENGTH &&
    KEY.test(key) &&
    key.split('/').every((segment) => segment.length <= MAX_SEGMENT_LENGTH);
  if (!sound) throw new RangeError(`not a blob store key: ${JSON.stringify(key.slice(0, MAX_KEY_LENGTH))}`);
}
