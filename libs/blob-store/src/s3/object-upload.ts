import type { ObjectRequests, SentPart } from './object-requests.js';
import { type Part, PartBuffer } from './part-buffer.js';
import { MAX_PARTS, MIN_PART_BYTES, partBytes } from './part-sizes.js';
import type { Holder, PieceMemory } from './piece-memory.js';

/** Parts of one upload that are on their way at once: one is sent while the next is hashed and the one after it received. */
const IN_FLIGHT = 2;

/** Writes one object while its bytes arrive: in parts, or with one request when they are few. */
export class ObjectUpload implements Holder {
  readonly #buffer: PartBuffer;
  readonly #parts: Promise<SentPart>[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #uploadId: Promise<string> | null = null;
  #size = 0;
  #failure: { readonly error: unknown } | null = null;
  #mayExist = false;
  /** Is being sent as one request. */
  #whole: Promise<void> | null = null;
  /** Takes no more bytes. */
  #isFull = false;
  /** Its buffer is already on its way to a request. */
  #isSending = false;

  constructor(
    private readonly requests: ObjectRequests,
    private readonly memory: PieceMemory,
    private readonly signal: AbortSignal,
  ) {
    this.#buffer = new PartBuffer(memory);
    memory.join(this);
  }

  get size(): number {
    return this.#size;
  }

  /** What comes belongs into another object. */
  get isFull(): boolean {
    return this.#isFull || this.#parts.length >= MAX_PARTS;
  }

  get held(): number {
    return this.#isSending || this.#buffer.size === 0 ? 0 : this.#buffer.pieces;
  }

  spill(): void {
    // S3 takes no small part but the last: an object with one ends here.
    if (this.#buffer.size < MIN_PART_BYTES) this.#isFull = true;
    if (this.#isFull && this.#parts.length === 0) this.#startWhole();
    else this.#startPart();
  }

  /** Copies as many of the bytes as this object takes and tells how many. */
  async write(bytes: Uint8Array): Promise<number> {
    let done = 0;
    while (done < bytes.length && !this.isFull) {
      if (this.#buffer.room === 0 && !(await this.#addPiece())) break;
      const room = this.#partBytes - this.#buffer.size;
      const rest = done === 0 ? bytes : bytes.subarray(done);
      const count = this.#buffer.fill(rest.length > room ? rest.subarray(0, room) : rest);
      done += count;
      this.#size += count;
      if (this.#buffer.size >= this.#partBytes) await this.#sendPart();
    }
    return done;
  }

  /** Like `write`, without a promise: false when there is none of the room that it needs at hand. */
  writeNow(bytes: Uint8Array): boolean {
    const { size, room } = this.#buffer;
    if (this.isFull) return false;
    if (bytes.length > room || size + bytes.length >= this.#partBytes) return false;
    this.#size += this.#buffer.fill(bytes);
    return true;
  }

  /** Resolves when the object is there with all its bytes, durably. */
  async finish(): Promise<void> {
    if (this.#parts.length === 0 && !this.#whole) this.#startWhole();
    if (this.#buffer.size > 0) await this.#sendPart();
    this.memory.leave(this);
    if (this.#whole) return this.#whole;
    const parts = await Promise.all(this.#parts);
    this.#mayExist = true;
    await this.requests.complete((await this.#uploadId) as string, parts, this.#size);
  }

  /** Waits until no request is under way, and gives the memory back. `signal` has fired, or the requests end by themselves. */
  async stop(): Promise<void> {
    this.memory.leave(this);
    await Promise.allSettled([...this.#running, ...this.#parts, this.#whole]);
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

  /** False when the object was ended while memory was waited for. */
  async #addPiece(): Promise<boolean> {
    const piece = this.memory.tryTake() ?? (await this.memory.wait(this.#signalOrFailure()));
    if (!this.isFull) this.#buffer.addPiece(piece);
    else this.memory.giveBack([piece]);
    return !this.isFull;
  }

  #signalOrFailure(): AbortSignal {
    if (this.#failure) throw this.#failure.error;
    return this.signal;
  }

  #startWhole(): void {
    const part = this.#buffer.take();
    this.#mayExist = true;
    this.#isFull = true;
    this.#whole = this.#track(this.requests.put(part.body).finally(part.release));
    this.#whole.catch(() => undefined);
  }

  /** Resolves when the part is on its way; that it failed is told by the next part, or the end. */
  async #sendPart(): Promise<void> {
    this.#isSending = true;
    while (this.#running.size >= IN_FLIGHT && !this.#failure) await Promise.race(this.#running);
    this.#isSending = false;
    if (this.#failure) throw this.#failure.error;
    this.#startPart();
  }

  #startPart(): void {
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
