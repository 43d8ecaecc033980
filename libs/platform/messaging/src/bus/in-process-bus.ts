/** Answers one request, or throws a `WireErrorEnvelope`. */
export type Answerer = (request: unknown) => Promise<unknown>;
export type Listener = (data: unknown) => void;

/** The meeting point of services in one process: who answers which subject, who hears which. Nothing is serialised. */
export class InProcessBus {
  readonly #answerers = new Map<string, Answerer>();
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Throws when the subject has an answerer: two would mean that one of them never answers. */
  answer(subject: string, answerer: Answerer): void {
    if (this.#answerers.has(subject)) throw new Error(`${subject} is answered twice in one process`);
    this.#answerers.set(subject, answerer);
  }

  stopAnswering(subject: string): void {
    this.#answerers.delete(subject);
  }

  answererOf(subject: string): Answerer | undefined {
    return this.#answerers.get(subject);
  }

  /** Returns the function that stops it. */
  hear(subject: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(subject) ?? new Set();
    this.#listeners.set(subject, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Listeners run in their own turn, so that none can delay or fail the announcer. */
  announce(subject: string, data: unknown): void {
    for (const listener of this.#listeners.get(subject) ?? []) setImmediate(listener, data);
  }
}
