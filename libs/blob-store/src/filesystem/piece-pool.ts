/** Bytes of a piece: large enough that system calls are few, small enough that a thousand slow clients take half a gigabyte. */
export const PIECE_BYTES = 256 * 1024;
/** Pieces kept for the next blob: 16 MiB. */
const KEPT = 64;

const free: Buffer[] = [];

/** Memory for one piece. New memory of this size comes from the kernel page by page, which costs more than filling it. */
export function takePiece(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
}

/** Gives a piece back. Only when nobody reads it any more. */
export function returnPiece(piece: Buffer): void {
  if (free.length < KEPT) free.push(piece);
}
