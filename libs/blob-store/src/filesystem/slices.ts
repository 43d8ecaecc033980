import type { ByteRange } from '../port.js';
import { type Part, sizeOf } from './records.js';
import type { Slice } from './parts-reader.js';

/** Where the bytes of `range`, or all, lie in the files of `parts`. Throws `RangeError` when the range is not inside the blob. */
export function slicesOf(parts: readonly Part[], pathOf: (part: Part) => string, range?: ByteRange): Slice[] {
  if (!range) return parts.map((part) => ({ path: pathOf(part), start: 0, length: part.size }));
  assertInside(range, sizeOf(parts));
  const slices: Slice[] = [];
  let offset = 0;
  for (const part of parts) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end + 1 - offset, part.size);
    if (start < end) slices.push({ path: pathOf(part), start, length: end - start });
    offset += part.size;
  }
  return slices;
}

function assertInside({ start, end }: ByteRange, size: number): void {
  const sound = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end < size;
  if (!sound) throw new RangeError(`bytes ${start}-${end} are not inside a blob of ${size} bytes`);
}
