import { BlobStoreUnavailable } from '../errors.js';

/** Bytes of a piece: what a slow upload holds at least. */
export const PIECE_BYTES = 256 * 1024;
/** Pieces that stay allocated while nobody uses them: 32 MiB. */
const KEPT = 128;

/** An upload that has gathered bytes for a request that it has not begun. */
export interface Holder {
  /** Pieces that it could give back by sending them early; 0 while it can't. */
  readonly held: number;
  /** Begins to send what it has gathered, however little that is. */
  spill(): void;
}

interface Waiter {
  readonly give: (piece: Buffer) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Memory for bytes on their way to the store, bounded for all uploads of a process together. Who finds none waits in line, and the upload that
 * holds most is made to send it early: so neither uploads that wait for each other nor clients that send slowly can stop the others.
 */
export class PieceMemory {
  readonly #free: Buffer[] = [];
  readonly #line = new Set<Waiter>();
  readonly #holders = new Set<Holder>();
  readonly #most: number;
  #used = 0;

  constructor(
    bytes: number,
    private readonly patienceMs: number,
  ) {
    this.#most = Math.floor(bytes / PIECE_BYTES);
  }

  /** Must leave, or it is held in memory for ever. */
  join(holder: Holder): void {
    this.#holders.add(holder);
  }

  leave(holder: Holder): void {
    this.#holders.delete(holder);
  }

  /** Null when all is in use or others wait: then `wait`. */
  tryTake(): Buffer | null {
    if (this.#used >= this.#most || this.#line.size > 0) return null;
    this.#used++;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
  }

  /** Fails with `BlobStoreUnavailable` when it takes too long: the store is slow. */
  wait(signal?: AbortSignal): Promise<Buffer> {
    return new Promise<Buffer>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(waiter.timer);
        this.#line.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => (leave(), reject(signal?.reason as Error));
      const onTime = (): void => (leave(), reject(new BlobStoreUnavailable(TOO_MANY, true)));
      const give = (piece: Buffer): void => (leave(), resolve(piece));
      const waiter: Waiter = { give, timer: setTimeout(onTime, this.patienceMs) };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#line.add(waiter);
      this.#serve();
    });
  }

  /** Only when nobody reads them any more. */
  giveBack(pieces: readonly Buffer[]): void {
    this.#used -= pieces.length;
    for (const piece of pieces) if (this.#free.length < KEPT) this.#free.push(piece);
    this.#serve();
  }

  #serve(): void {
    for (const waiter of this.#line) {
      if (this.#used >= this.#most) return this.#relieve();
      this.#used++;
      waiter.give(this.#free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES));
    }
  }

  /** Makes holders send, the largest first, until as many pieces are on their way back as are waited for. */
  #relieve(): void {
    const holders = [...this.#holders].filter(({ held }) => held > 0).toSorted((a, b) => a.held - b.held);
    let sending = this.#used - holders.reduce((sum, { held }) => sum + held, 0);
    while (sending < this.#line.size) {
      const largest = holders.pop();
      if (!largest) return;
      sending += largest.held;
      largest.spill();
    }
  }
}

const TOO_MANY = 'too many uploads are under way at once: their bytes wait for the object store';
