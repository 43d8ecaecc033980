import { context, propagation } from '@opentelemetry/api';
import {
  headers,
  type Msg,
  type MsgHdrs,
  NoRespondersError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';
import type { Announcement, AskAgain, Question } from '@entrepot/contracts';
import { askAgain, AsksBeside, LATE } from './ask-again.js';
import { BusUnavailable, MessageTooLarge, PeerFailure } from './bus-errors.js';
import { BusLink } from './bus-link.js';
import type { BusOptions } from './bus-options.js';
import { EXPIRES_HEADER } from './expiry.js';
import { type AskOptions, DEFAULT_DEADLINE_MS, FENCED_DEADLINE_MS, MessageClient } from './message-client.js';
import { Replicas } from './replicas.js';
import { fromWireError } from './wire-error.js';

/** A reconnect usually takes this long; waiting for it beats a 503 to a push. */
const RECONNECT_GRACE_MS = 1_000;

/** Nest's reply on the wire. */
interface Reply {
  response?: unknown;
  err?: unknown;
  /** The replica that answered. */
  from?: unknown;
}

/** One question as it travels, as often as it does. */
interface Asked {
  readonly link: BusLink;
  readonly subject: string;
  readonly payload: string;
  readonly again: AskAgain;
  readonly signal: AbortSignal | undefined;
}

interface Hearing {
  subject: string;
  take: (data: unknown) => void;
  stop?: () => void;
}

/** Asks over NATS request/reply in the envelope of Nest's transport. Connects on first use. */
export class NatsMessageClient extends MessageClient {
  #link: Promise<BusLink> | undefined;
  #opened: BusLink | undefined;
  readonly #underWay = new Set<(error: Error) => void>();
  readonly #heard = new Set<Hearing>();
  readonly #beside = new AsksBeside();
  readonly #replicas = new Replicas();

  constructor(private readonly options: BusOptions) {
    super();
  }

  /** Connects now rather than on first use. Throws `BusUnavailable` and `BusMisconfigured`. */
  async connect(): Promise<BusLink> {
    this.#link ??= this.#open();
    try {
      return await this.#link;
    } catch (error) {
      this.#link = undefined;
      throw error;
    }
  }

  async ask<Q, A>(question: Question<Q, A>, request: Q, options: AskOptions = {}): Promise<A> {
    const { subject } = question;
    const again = options.again ?? question.again;
    const deadlineMs = options.deadlineMs ?? (again === 'fenced' ? FENCED_DEADLINE_MS : DEFAULT_DEADLINE_MS);
    const link = this.#opened ?? (await this.connect());
    if (!link.connected && !(await link.whenConnected(Math.min(deadlineMs, RECONNECT_GRACE_MS)))) {
      throw new BusUnavailable('disconnected', 'NATS is not connected');
    }
    options.signal?.throwIfAborted();
    // Nest takes a message without an id for an event and doesn't answer; which id doesn't matter, the inbox tells replies apart.
    const payload = JSON.stringify({ pattern: subject, data: request, id: '1' });
    if (Buffer.byteLength(payload) > link.maxPayload) throw new MessageTooLarge(`${subject}: the request is too large`);
    const asked: Asked = { link, subject, payload, again, signal: options.signal };
    const reply = await askAgain(again, deadlineMs, (forMs) => this.#send(asked, forMs), this.#beside);
    if (reply.err !== undefined && reply.err !== null) throw fromWireError(subject, reply.err);
    return question.parseReply(reply.response);
  }

  announce<D>(announcement: Announcement<D>, data: D): void {
    const payload = JSON.stringify({ pattern: announcement.subject, data: announcement.parse(data) });
    if (this.#opened?.connected) this.#opened.connection.publish(announcement.subject, payload);
    else void this.connect().catch(() => undefined);
  }

  hear<D>(announcement: Announcement<D>, listener: (data: D) => void): () => void {
    const hearing: Hearing = { subject: announcement.subject, take: (data) => listener(announcement.parse(data)) };
    this.#heard.add(hearing);
    if (this.#opened) this.#subscribe(this.#opened, hearing);
    else
      void this.connect().catch((err: unknown) => this.options.logger.error({ err }, 'not hearing: NATS is not there'));
    return () => {
      this.#heard.delete(hearing);
      hearing.stop?.();
    };
  }

  async close(): Promise<void> {
    const link = await this.#link?.catch(() => undefined);
    await link?.close();
    this.#giveUp();
  }

  async #open(): Promise<BusLink> {
    const link = await BusLink.open(this.options);
    // Replies to what is under way went to a connection that is no more.
    link.onLost(() => this.#giveUp());
    this.#opened = link;
    for (const hearing of this.#heard) this.#subscribe(link, hearing);
    return link;
  }

  #giveUp(): void {
    for (const reject of this.#underWay) reject(new BusUnavailable('disconnected', 'the connection to NATS was lost'));
    this.#underWay.clear();
  }

  /** To whichever replica NATS chooses, or, after a silence, to one that answers. */
  async #send(asked: Asked, forMs: number): Promise<Reply> {
    const service = asked.subject.slice(0, asked.subject.indexOf('.'));
    const freely = asked.again === 'freely';
    const replica = this.#replicas.choose(service, freely);
    const timer = setTimeout(() => this.#replicas.silent(service, replica), freely ? forMs * LATE : forMs);
    try {
      const reply = replyOf(asked.subject, await this.#request(asked, replica, forMs));
      if (typeof reply.from === 'string') this.#replicas.answered(service, reply.from);
      return reply;
    } catch (error) {
      if (replica === null || !(error instanceof BusUnavailable) || error.reason !== 'no-responders') throw error;
      this.#replicas.gone(service, replica);
      return await this.#send(asked, forMs);
    } finally {
      clearTimeout(timer);
    }
  }

  #request({ link, subject, payload, again, signal }: Asked, replica: string | null, timeout: number): Promise<Msg> {
    return new Promise<Msg>((resolve, reject) => {
      const abort = (): void => reject(signal?.reason as Error);
      signal?.addEventListener('abort', abort);
      this.#underWay.add(reject);
      const carrier = headersOf(again === 'freely' ? null : Date.now() + timeout);
      link.connection
        .request(replica === null ? subject : `${subject}.${replica}`, payload, {
          timeout,
          ...(carrier ? { headers: carrier } : {}),
        })
        .then(resolve, (error: unknown) => reject(busError(subject, error)))
        .finally(() => {
          signal?.removeEventListener('abort', abort);
          this.#underWay.delete(reject);
        });
    });
  }

  #subscribe(link: BusLink, hearing: Hearing): void {
    const { subject } = hearing;
    const subscription = link.connection.subscribe(subject, {
      callback: (error, message) => {
        try {
          if (!error) hearing.take(message.json<{ data?: unknown }>().data);
        } catch (err) {
          this.options.logger.error({ err, subject }, 'dropped an announcement');
        }
      },
    });
    hearing.stop = () => subscription.unsubscribe();
  }
}

function replyOf(subject: string, message: Msg): Reply {
  try {
    return message.json<Reply>();
  } catch (cause) {
    throw new PeerFailure(`${subject}: the reply is not JSON`, { cause });
  }
}

function busError(subject: string, error: unknown): Error {
  const cause: unknown = error instanceof RequestError ? (error.cause ?? error) : error;
  if (cause instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders())) {
    return new BusUnavailable('no-responders', `nobody answers ${subject}`, { cause });
  }
  if (cause instanceof TimeoutError)
    return new BusUnavailable('deadline', `no answer to ${subject} in time`, { cause });
  return new BusUnavailable('disconnected', `${subject} could not be asked`, { cause });
}

/** None for most questions: a header costs more than the rest of a small message. */
function headersOf(expires: number | null): MsgHdrs | undefined {
  const carrier: Record<string, string> = expires === null ? {} : { [EXPIRES_HEADER]: String(Math.floor(expires)) };
  propagation.inject(context.active(), carrier);
  const entries = Object.entries(carrier);
  if (entries.length === 0) return undefined;
  const result = headers();
  for (const [name, value] of entries) result.set(name, value);
  return result;
}
