import { Readable } from 'node:stream';
import type { PieceTaker } from '../port.js';
import { type SegmentMemory, segmentPool } from './segment-memory.js';
import type { SegmentReader } from './segment-reader.js';

/** One frame's memory and what is being done with it. */
interface Lane {
  readonly memory: SegmentMemory;
  taken: Promise<void>;
  /** Its taker failed and may still read it: it must not be given to anyone else. */
  lost: boolean;
}

/**
 * Hands a blob out in memory that is used again: while one segment is with the taker the next is read and checked. The first is read at once, so
 * that what is wrong with it is known before an answer is begun.
 */
export async function openSegmentsPump(reader: SegmentReader): Promise<(take: PieceTaker) => Promise<void>> {
  const lane = newLane();
  try {
    const first = await reader.next(lane.memory);
    return (take) => pump(reader, [lane], first, take);
  } catch (error) {
    segmentPool.give(lane.memory);
    await reader.close();
    throw error;
  }
}

async function pump(reader: SegmentReader, lanes: Lane[], first: Buffer | null, take: PieceTaker): Promise<void> {
  try {
    let lane = lanes[0] as Lane;
    for (let piece = first; piece !== null; piece = await reader.next(lane.memory)) {
      hand(lane, piece, take);
      if (reader.left === 0) break;
      lane = nextLane(lanes, lane);
      await lane.taken;
    }
    await Promise.all(lanes.map(({ taken }) => taken));
  } finally {
    await reader.close();
    // What another lane's taker still has is not ours to give away.
    await Promise.allSettled(lanes.map(({ taken }) => taken));
    for (const { memory, lost } of lanes) {
      if (lost) segmentPool.lose();
      else segmentPool.give(memory);
    }
  }
}

/** The other of two; with one only when memory is scarce. */
function nextLane(lanes: Lane[], current: Lane): Lane {
  if (lanes.length === 1 && !segmentPool.scarce) lanes.push(newLane());
  return lanes.find((lane) => lane !== current) ?? current;
}

function newLane(): Lane {
  return { memory: segmentPool.take(), taken: Promise.resolve(), lost: false };
}

function hand(lane: Lane, piece: Buffer, take: PieceTaker): void {
  lane.taken = take(piece).catch((error: unknown) => {
    lane.lost = true;
    throw error;
  });
  // Seen when the lane's turn comes again, which may be after the other lane failed.
  lane.taken.catch(() => undefined);
}

/** The same as a stream, in memory that belongs to its consumer. */
export async function openSegmentsStream(reader: SegmentReader): Promise<Readable> {
  let first: Buffer | null;
  try {
    first = await reader.next();
  } catch (error) {
    await reader.close();
    throw error;
  }
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let piece = first; piece !== null; piece = await reader.next()) {
      first = null;
      yield piece;
    }
  }
  const stream = Readable.from(pieces(), { objectMode: false, highWaterMark: 1 });
  stream.once('close', () => void reader.close().catch(() => undefined));
  return stream;
}
