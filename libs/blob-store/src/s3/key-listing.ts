import type { UnfinishedWrite } from '../port.js';
import { Listing } from './listing.js';
import type { Places } from './places.js';
import { keyOf } from './records.js';
import type { Removal } from './removal.js';
import { asStoreError, onS3 } from './s3-errors.js';
import type { S3Wire } from './s3-wire.js';

// What a prefix of keys can be; anything else begins none.
const PREFIX = /^[a-z0-9-]*(\/[a-z0-9-]*)*$/;

/** Each key once: a key's objects stand side by side in a listing, for `.` sorts before all that a longer key could go on with but `-`. */
export async function* listKeys(wire: S3Wire, places: Places, prefix: string): AsyncIterable<string> {
  if (!PREFIX.test(prefix)) return;
  const listing = new Listing(wire);
  for (const bucket of await onS3(() => places.bucketsFor(prefix))) {
    let last: string | null = null;
    for await (const page of translated(listing.objects(bucket, prefix))) {
      for (const { name } of page) {
        const key = keyOf(name);
        if (key === null || key === last || !key.startsWith(prefix)) continue;
        last = key;
        yield key;
      }
    }
  }
}

export async function* listUnfinished(
  removal: Removal,
  places: Places,
  prefix: string,
): AsyncIterable<UnfinishedWrite> {
  if (!PREFIX.test(prefix)) return;
  for (const bucket of await onS3(() => places.bucketsFor(prefix))) {
    for await (const page of translated(removal.uploads(bucket, prefix))) {
      for (const { name, id, startedAt } of page) {
        const key = keyOf(name);
        if (key?.startsWith(prefix)) yield { key, id: JSON.stringify([name, id]), startedAt };
      }
    }
  }
}

async function* translated<T>(pages: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* pages;
  } catch (error) {
    throw asStoreError(error);
  }
}
