import { BlobStoreUnavailable } from '../errors.js';
import type { Places } from './places.js';
import { asStoreError, onS3, worthAnotherTry } from './s3-errors.js';
import { isFailure } from './s3-failure.js';

/** Buckets that did not answer for as long as requests are tried, until it is the store that does not: a refusal costs no time. */
const MAX_SILENT = 3;
/** Names that an error tells. */
const MAX_NAMED = 3;

interface Skipped {
  readonly bucket: string;
  readonly error: unknown;
}

/**
 * What is in each bucket that may hold keys that begin with `prefix`. One bucket that refuses keeps nobody from the others: it is told at the
 * end, by a `BlobStoreUnavailable` that names it. A registry's bucket that vanishes meanwhile is empty.
 */
export async function* inEveryBucket<T>(
  places: Places,
  prefix: string,
  pagesOf: (bucket: string) => AsyncIterable<readonly T[]>,
): AsyncIterable<T> {
  const skipped: Skipped[] = [];
  const skip = (bucket: string, error: unknown): void => {
    skipped.push({ bucket, error });
    if (!isFailure(error)) throw error;
    if (skipped.filter((it) => worthAnotherTry(it.error)).length > MAX_SILENT) throw error;
  };
  const buckets = await onS3(() => places.bucketsFor(prefix, skip));
  for (const bucket of buckets) {
    try {
      for await (const page of pagesOf(bucket)) yield* page;
    } catch (error) {
      if (bucket !== places.root && isFailure(error, 'NoSuchBucket')) continue;
      await onS3(async () => skip(bucket, error));
    }
  }
  if (skipped.length > 0) throw skippedError(skipped, buckets);
}

function skippedError(skipped: readonly Skipped[], buckets: readonly string[]): Error {
  const [first] = skipped as [Skipped];
  const reason = asStoreError(first.error) as BlobStoreUnavailable;
  if (buckets.length === 1 && buckets[0] === first.bucket) return reason;
  const names = skipped.slice(0, MAX_NAMED).map(({ bucket }) => bucket);
  const more = skipped.length > MAX_NAMED ? ` and ${skipped.length - MAX_NAMED} more` : '';
  const sentence = `what is in the buckets ${names.join(', ')}${more} could not be listed: ${reason.message}`;
  return new BlobStoreUnavailable(sentence, reason.retryable, { cause: first.error });
}
