import type { Announcement, Question } from '@entrepot/contracts';

/** What is asked of the bus here; `MessageClient` of `@entrepot/platform-messaging` is one. */
export interface AccessMessages {
  /** Rejects with the `OciError` that the answering service threw, or with another error when none answers in time. */
  ask<Q, A>(question: Question<Q, A>, request: Q, options?: { deadlineMs?: number }): Promise<A>;
  /** Calls the listener for each announcement from now on. What it returns ends that. */
  hear<D>(announcement: Announcement<D>, listener: (data: D) => void): () => void;
}

/** A request that waits longer for who asks had better be told 503. */
export const IAM_DEADLINE_MS = 2_000;
