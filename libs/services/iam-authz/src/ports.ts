import type { Announcement, Question } from '@entrepot/contracts';

/** What this service asks of the bus; `MessageClient` of `@entrepot/platform-messaging` is one. */
export interface IamMessages {
  ask<Q, A>(question: Question<Q, A>, request: Q, options?: { deadlineMs?: number }): Promise<A>;
  announce<D>(announcement: Announcement<D>, data: D): void | Promise<void>;
}

/** What this service says when something is wrong; a pino logger satisfies it. */
export interface IamLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Injection token of the {@link IamLogger}. */
export const IAM_LOGGER = Symbol('iam logger');
