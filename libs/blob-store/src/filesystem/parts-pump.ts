import type { FileHandle } from 'node:fs/promises';
import { BlobCorrupt } from '../errors.js';
import type { PieceTaker } from '../port.js';
import { openSlice, type Origin, type Slice } from './parts-reader.js';
import { PIECE_BYTES, returnPiece, takePiece } from './piece-pool.js';
import { asStoreError } from './system-error.js';

/** One piece of memory and what is being done with it. */
interface Lane {
  readonly piece: Buffer;
  taken: Promise<void>;
  /** Its last taker failed and may still read it: it must not be given to anyone else. */
  lost: boolean;
}

/** Opens the first slice at once, so that an absent blob is known before an answer is begun. */
export async function openSlicesPump(
  origin: Origin,
  slices: readonly Slice[],
): Promise<(take: PieceTaker) => Promise<void>> {
  const [first] = slices;
  const opened = first ? await openSlice(origin, first) : null;
  return (take) => pump(origin, slices, opened, take);
}

async function pump(
  origin: Origin,
  slices: readonly Slice[],
  opened: FileHandle | null,
  take: PieceTaker,
): Promise<void> {
  const lanes: Lane[] = [0, 1].map(() => ({ piece: takePiece(), taken: Promise.resolve(), lost: false }));
  let file = opened;
  let turn = 0;
  try {
    for (const slice of slices) {
      file ??= await openSlice(origin, slice);
      for (let done = 0; done < slice.length;) {
        const lane = lanes[turn++ % lanes.length] as Lane;
        await lane.taken;
        const piece = await readPiece(origin, file, slice, done, lane.piece);
        done += piece.length;
        hand(lane, piece, take);
      }
      await file.close();
      file = null;
    }
    await Promise.all(lanes.map((lane) => lane.taken));
  } finally {
    await file?.close();
    // What the other lane's taker still has is not ours to give away.
    await Promise.allSettled(lanes.map((lane) => lane.taken));
    for (const lane of lanes) if (!lane.lost) returnPiece(lane.piece);
  }
}

function hand(lane: Lane, piece: Buffer, take: PieceTaker): void {
  lane.taken = take(piece).catch((error: unknown) => {
    lane.lost = true;
    throw error;
  });
  // Seen when the lane's turn comes again, which may be after the other lane failed.
  lane.taken.catch(() => undefined);
}

async function readPiece(
  origin: Origin,
  file: FileHandle,
  slice: Slice,
  done: number,
  memory: Buffer,
): Promise<Buffer> {
  const wanted = Math.min(PIECE_BYTES, slice.length - done);
  const { bytesRead } = await file.read(memory, 0, wanted, slice.start + done).catch((error: unknown) => {
    throw asStoreError(error);
  });
  if (bytesRead === 0) throw new BlobCorrupt(origin.key, 'a part of it is shorter than it was when it was written');
  return memory.subarray(0, bytesRead);
}
