const MIB = 1024 * 1024;

/** S3 takes no smaller part but the last. */
export const MIN_PART_BYTES = 5 * MIB;
/** S3 takes no more parts of one object. */
export const MAX_PARTS = 10_000;

/**
 * Bytes of part `number`, from 1 on. Large parts would make small uploads slow and hold much memory; small ones alone would end an object at
 * 78 GiB. So they grow: ten thousand hold 297 GiB, and what is more goes into a further object of the blob.
 */
export function partBytes(number: number): number {
  if (number <= 2_000) return 8 * MIB;
  if (number <= 4_000) return 16 * MIB;
  return number <= 6_000 ? 32 * MIB : 48 * MIB;
}
