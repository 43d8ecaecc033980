import type { Announcement, Question } from '@entrepot/contracts';
import { BusUnavailable } from './bus-errors.js';
import type { InProcessBus } from './in-process-bus.js';
import { type AskOptions, DEFAULT_DEADLINE_MS, MessageClient } from './message-client.js';
import { withDeadline } from './with-deadline.js';
import { fromWireError } from './wire-error.js';

/** Asks services in the same process. Requests and replies are handed over as they are: neither side may change them afterwards. */
export class InProcessMessageClient extends MessageClient {
  constructor(private readonly bus: InProcessBus) {
    super();
  }

  async ask<Q, A>(question: Question<Q, A>, request: Q, options: AskOptions = {}): Promise<A> {
    const { subject } = question;
    const answerer = this.bus.answererOf(subject);
    if (!answerer) throw new BusUnavailable('no-responders', `nobody answers ${subject}`);
    options.signal?.throwIfAborted();
    const answer = answerer(request).catch((error: unknown) => {
      throw fromWireError(subject, error);
    });
    return question.parseReply(
      await withDeadline(answer, subject, options.deadlineMs ?? DEFAULT_DEADLINE_MS, options.signal),
    );
  }

  announce<D>(announcement: Announcement<D>, data: D): void {
    this.bus.announce(announcement.subject, announcement.parse(data));
  }

  hear<D>(announcement: Announcement<D>, listener: (data: D) => void): () => void {
    return this.bus.hear(announcement.subject, (data) => listener(data as D));
  }

  async close(): Promise<void> {
    // Nothing is held here: the bus belongs to the process.
  }
}
