import type { UnfinishedWrite } from '../port.js';
import { inEveryBucket } from './every-bucket.js';
import { Listing } from './listing.js';
import type { Places } from './places.js';
import { keyOf } from './records.js';
import type { Removal } from './removal.js';
import type { S3Wire } from './s3-wire.js';

// What a prefix of keys can be; anything else begins none.
const PREFIX = /^[a-z0-9-]*(\/[a-z0-9-]*)*$/;

/** Each key once: a key's objects stand side by side in a listing, for `.` sorts before all that a longer key could go on with but `-`. */
export async function* listKeys(wire: S3Wire, places: Places, prefix: string): AsyncIterable<string> {
  if (!PREFIX.test(prefix)) return;
  const listing = new Listing(wire);
  // No key is in two buckets, so the last one of a bucket is none of the next.
  let last: string | null = null;
  for await (const { name } of inEveryBucket(places, prefix, (bucket) => listing.objects(bucket, prefix))) {
    const key = keyOf(name);
    if (key === null || key === last || !key.startsWith(prefix)) continue;
    last = key;
    yield key;
  }
}

export async function* listUnfinished(
  removal: Removal,
  places: Places,
  prefix: string,
): AsyncIterable<UnfinishedWrite> {
  if (!PREFIX.test(prefix)) return;
  const uploads = inEveryBucket(places, prefix, (bucket) => removal.uploads(bucket, prefix));
  for await (const { name, id, startedAt } of uploads) {
    const key = keyOf(name);
    if (key?.startsWith(prefix)) yield { key, id: JSON.stringify([name, id]), startedAt };
  }
}
