import { PIECE_BYTES, type PieceMemory } from './piece-memory.js';

/** Bytes gathered for one request, in pieces of the shared memory. */
export class PartBuffer {
  #pieces: Buffer[] = [];
  /** Bytes in the last piece. */
  #filled = PIECE_BYTES;
  #size = 0;

  constructor(private readonly memory: PieceMemory) {}

  get size(): number {
    return this.#size;
  }

  get pieces(): number {
    return this.#pieces.length;
  }

  /** Bytes that go in before a new piece is needed. */
  get room(): number {
    return PIECE_BYTES - this.#filled;
  }

  addPiece(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#filled = 0;
  }

  /** Copies as much of `bytes` as there is room for and tells how much that was. */
  fill(bytes: Uint8Array): number {
    const piece = this.#pieces.at(-1);
    if (!piece) return 0;
    const count = Math.min(bytes.length, this.room);
    piece.set(count === bytes.length ? bytes : bytes.subarray(0, count), this.#filled);
    this.#filled += count;
    this.#size += count;
    return count;
  }

  /** What was gathered, for a request. Give it back with `release`. */
  take(): Part {
    const whole = this.#pieces;
    const body = whole.map((piece, index) =>
      index === whole.length - 1 && this.#filled < PIECE_BYTES ? piece.subarray(0, this.#filled) : piece,
    );
    const size = this.#size;
    this.#pieces = [];
    this.#filled = PIECE_BYTES;
    this.#size = 0;
    return { body, size, release: () => this.memory.giveBack(whole) };
  }
}

export interface Part {
  readonly body: readonly Buffer[];
  readonly size: number;
  /** Once, when no request reads the body any more. */
  readonly release: () => void;
}
