import { type MessageClass, parserOf } from './schema.js';

/**
 * What an asker may do about an answer that does not come, because one replica of the owner stalls while others work. `freely`: the question
 * changes nothing, so it may be asked again beside the first. `fenced`: it changes something and ends the same however often it is done,
 * so it may be asked again once the first can have no effect any more. `never`: the second answer would be another one.
 */
export type AskAgain = 'freely' | 'fenced' | 'never';

/** A request that needs an answer: one service asks, the owner answers, over NATS request/reply or in process. */
export interface Question<Q, A> {
  readonly kind: 'question';
  /** `<service>.<noun…>.v<major>`; also the NATS subject. */
  readonly subject: string;
  readonly summary: string;
  /** Its request holds many questions that one set-based statement answers. */
  readonly batched: boolean;
  readonly again: AskAgain;
  readonly request: MessageClass<Q>;
  readonly reply: MessageClass<A>;
  /** Returns its argument, typed. Throws `ContractViolation`. */
  parseRequest(message: unknown): Q;
  parseReply(message: unknown): A;
}

/** A broadcast on core NATS, at most once: whoever misses one must be able to ask. */
export interface Announcement<D> {
  readonly kind: 'announcement';
  readonly subject: string;
  readonly summary: string;
  readonly data: MessageClass<D>;
  parse(message: unknown): D;
}

/** A durable event: written to the outbox by the transaction that makes it true, published to JetStream as a CloudEvent. */
export interface Fact<D> {
  readonly kind: 'fact';
  /** In the past tense: `image.pushed`. */
  readonly type: string;
  readonly major: number;
  /** The service that publishes it. */
  readonly owner: string;
  /** Emitted when, what is guaranteed, what is not. */
  readonly summary: string;
  readonly data: MessageClass<D>;
  readonly example: D;
  parse(message: unknown): D;
}

const questions: Question<never, never>[] = [];
const announcements: Announcement<never>[] = [];
const facts: Fact<never>[] = [];

export function defineQuestion<Q, A>(
  subject: string,
  request: MessageClass<Q>,
  reply: MessageClass<A>,
  options: { summary: string; batched?: boolean; again?: AskAgain },
): Question<Q, A> {
  const question: Question<Q, A> = {
    kind: 'question',
    subject,
    summary: options.summary,
    batched: options.batched ?? false,
    again: options.again ?? 'never',
    request,
    reply,
    parseRequest: parserOf(`${subject} request`, request),
    parseReply: parserOf(`${subject} reply`, reply),
  };
  questions.push(question as never);
  return question;
}

export function defineAnnouncement<D>(subject: string, data: MessageClass<D>, summary: string): Announcement<D> {
  const announcement: Announcement<D> = {
    kind: 'announcement',
    subject,
    summary,
    data,
    parse: parserOf(subject, data),
  };
  announcements.push(announcement as never);
  return announcement;
}

export function defineFact<D>(
  type: string,
  owner: string,
  data: MessageClass<D>,
  options: { summary: string; example: D; major?: number },
): Fact<D> {
  const major = options.major ?? 1;
  const fact: Fact<D> = {
    kind: 'fact',
    type,
    major,
    owner,
    summary: options.summary,
    data,
    example: options.example,
    parse: parserOf(`${type}.v${major}`, data),
  };
  facts.push(fact as never);
  return fact;
}

/** Everything declared, for the generators of AsyncAPI and of the events page. */
export function declaredContracts(): {
  questions: readonly Question<never, never>[];
  announcements: readonly Announcement<never>[];
  facts: readonly Fact<never>[];
} {
  return { questions, announcements, facts };
}

/** Ids and types only: names may hold dots, which separate the tokens of a NATS subject. `_` stands where no registry is concerned. */
export function factSubject(
  fact: Pick<Fact<never>, 'type' | 'major'>,
  accountId: string,
  registryId: string | null,
): string {
  return `events.${accountId}.${registryId ?? '_'}.${fact.type}.v${fact.major}`;
}
