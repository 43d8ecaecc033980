import type { Announcement, AskAgain, Question } from '@entrepot/contracts';

export interface AskOptions {
  /** 5,000 unless told; 8,000 for a question that may be asked again `fenced`, whose tries come one after the other. */
  deadlineMs?: number;
  /** What the question's contract says, unless the asker knows better of this request. */
  again?: AskAgain;
  /** Gives up with the signal's reason; the peer is not told. */
  signal?: AbortSignal;
}

/** Long enough for a database that hesitates, shorter than what a registry's client waits. */
export const DEFAULT_DEADLINE_MS = 5_000;
export const FENCED_DEADLINE_MS = 8_000;

/** How a service asks others. It doesn't know where they run. */
export abstract class MessageClient {
  /**
   * Resolves to the answer. Throws what the handler threw (`OciError`, `ContractViolation`; otherwise `PeerRefusal`, `PeerUnavailable` or
   * `PeerFailure`), or `BusUnavailable` when there is none in time.
   */
  abstract ask<Q, A>(question: Question<Q, A>, request: Q, options?: AskOptions): Promise<A>;

  /** Tells all who hear, at most once and without waiting. Lost while disconnected. Throws `ContractViolation` only. */
  abstract announce<D>(announcement: Announcement<D>, data: D): void;

  /** Calls `listener` for each announcement, in this process. Invalid ones are dropped. Returns the function that stops it. */
  abstract hear<D>(announcement: Announcement<D>, listener: (data: D) => void): () => void;

  /** Gives up what is under way. */
  abstract close(): Promise<void>;
}
