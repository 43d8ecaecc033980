import { MIN_PART_BYTES } from './part-sizes.js';
import type { S3Object } from './records.js';

/** Small objects at a blob's end that are tolerated. */
const MAX_SMALL = 16;

/**
 * Which objects an append leaves as they are, and which it writes again before its own bytes. Chunks below S3's smallest part become objects
 * of their own, durable at once; when sixteen stand at the end, the next append makes one of them. So each byte is written about four
 * times at worst (merging at every append would write it forty times), and a blob of any number of chunks has few objects.
 */
export function splitTail(objects: readonly S3Object[]): { kept: readonly S3Object[]; merged: readonly S3Object[] } {
  let start = objects.length;
  while (start > 0 && (objects[start - 1]?.size ?? 0) < MIN_PART_BYTES) start--;
  if (objects.length - start < MAX_SMALL) return { kept: objects, merged: [] };
  return { kept: objects.slice(0, start), merged: objects.slice(start) };
}
