import type { ObjectRequests, SentPart } from './object-requests.js';
import { type Part, PartBuffer } from './part-buffer.js';
import { MAX_PARTS, MIN_PART_BYTES, partBytes } from './part-sizes.js';
import type { PieceMemory } from './piece-memory.js';

/** Parts of one upload that are on their way at once: one is sent while the next is hashed and the one after it received. */
const IN_FLIGHT = 2;

/** Writes one object while its bytes arrive: in parts, or with one request when they are few. */
export class ObjectUpload {
  readonly #buffer: PartBuffer;
  readonly #parts: Promise<SentPart>[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #uploadId: Promise<string> | null = null;
  #size = 0;
  #failure: { readonly error: unknown } | null = null;
  #mayExist = false;

  constructor(
    private readonly requests: ObjectRequests,
    private readonly memory: PieceMemory,
    private readonly signal: AbortSignal,
  ) {
    this.#buffer = new PartBuffer(memory);
  }

  get size(): number {
    return this.#size;
  }

  /** No further part is possible: what comes belongs into another object. */
  get isFull(): boolean {
    return this.#parts.length >= MAX_PARTS;
  }

  /** Copies as many of the bytes as this object takes and tells how many. */
  async write(bytes: Uint8Array): Promise<number> {
    let done = 0;
    while (done < bytes.length && !this.isFull) {
      if (this.#buffer.room === 0) this.#buffer.addPiece(await this.#piece());
      const room = this.#partBytes - this.#buffer.size;
      const rest = done === 0 ? bytes : bytes.subarray(done);
      done += this.#buffer.fill(rest.length > room ? rest.subarray(0, room) : rest);
      if (this.#buffer.size >= this.#partBytes) await this.#sendPart();
    }
    this.#size += done;
    return done;
  }

  /** Like `write`, without a promise: false when there is none of the room that it needs at hand. */
  writeNow(bytes: Uint8Array): boolean {
    const { size, room } = this.#buffer;
    if (bytes.length > room || size + bytes.length >= this.#partBytes) return false;
    this.#size += this.#buffer.fill(bytes);
    return true;
  }

  /** Resolves when the object is there with all its bytes, durably. */
  async finish(): Promise<void> {
    if (!this.#uploadId) return this.#putWhole();
    if (this.#buffer.size > 0) await this.#sendPart();
    const parts = await Promise.all(this.#parts);
    this.#mayExist = true;
    await this.requests.complete(await this.#uploadId, parts, this.#size);
  }

  /** Waits until no request is under way, and gives the memory back. `signal` has fired, or the requests end by themselves. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.#running, ...this.#parts]);
    this.#buffer.take().release();
  }

  /** Null when there is no upload in parts. */
  async uploadId(): Promise<string | null> {
    return (await this.#uploadId?.catch(() => null)) ?? null;
  }

  /** Whether the store may hold an object under the name, parts aside. */
  get mayExist(): boolean {
    return this.#mayExist;
  }

  get #partBytes(): number {
    return partBytes(this.#parts.length + 1);
  }

  async #piece(): Promise<Buffer> {
    const piece = this.memory.tryTake();
    if (piece) return piece;
    // Others wait too: nobody may wait with a part in hand that could be on its way.
    if (this.#buffer.size >= MIN_PART_BYTES) await this.#sendPart();
    return this.memory.wait(this.signal);
  }

  async #putWhole(): Promise<void> {
    const part = this.#buffer.take();
    this.#mayExist = true;
    await this.#track(this.requests.put(part.body)).finally(part.release);
  }

  /** Resolves when the part is on its way; that it failed is told by the next part, or the end. */
  async #sendPart(): Promise<void> {
    while (this.#running.size >= IN_FLIGHT && !this.#failure) await Promise.race(this.#running);
    if (this.#failure) throw this.#failure.error;
    const part = this.#buffer.take();
    const sent = this.#track(this.#put(part, this.#parts.length + 1).finally(part.release));
    sent.catch((error: unknown) => (this.#failure ??= { error }));
    this.#parts.push(sent);
  }

  async #put(part: Part, number: number): Promise<SentPart> {
    this.#uploadId ??= this.requests.begin();
    const id = await this.#uploadId;
    return this.requests.putPart(id, number, part.body);
  }

  #track<T>(request: Promise<T>): Promise<T> {
    this.#running.add(request);
    const done = (): void => void this.#running.delete(request);
    request.then(done, done);
    return request;
  }
}
