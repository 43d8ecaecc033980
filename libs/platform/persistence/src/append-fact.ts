import { trace, TraceFlags } from '@opentelemetry/api';
import { type Fact, factSubject } from '@entrepot/contracts';
import type { Transaction } from './transaction.js';
import { uuidV7 } from './uuid-v7.js';

/** What is known about a fact beside its data. */
export interface FactContext {
  accountId: string;
  /** null when no registry is concerned. */
  registryId: string | null;
  /** Facts with the same key are published in the order in which their transactions wrote them: an image's id, or another row's that they lock. */
  orderingKey: string;
  /** Who did it: a principal's id, or the service's name for work of its own. */
  actor: string;
  /** CloudEvents `subject`: what the fact is about, in words of its source, such as `apps/hello:1.0`. */
  subject?: string;
  now: Date;
}

/** Far below what a message on the bus may have, so that a fact that was committed can always be published. */
const MAX_DATA_BYTES = 1024 * 1024;

const APPEND = `INSERT INTO outbox
  (event_id, account_id, registry_id, ordering_key, type, major, owner, bus_subject, subject, data, actor, occurred_at, traceparent)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;

/**
 * Writes a fact into the transaction that makes it true; it is published if and only if that commits. The transaction must hold the lock of
 * the row that `orderingKey` names. Returns the event's id. Throws `ContractViolation` when the data is not the fact's.
 */
export function appendFact<D>(tx: Transaction, fact: Fact<D>, context: FactContext, data: D): string {
  const { accountId, registryId, orderingKey, actor, now } = context;
  const checked = JSON.stringify(fact.parse(data));
  if (Buffer.byteLength(checked) > MAX_DATA_BYTES)
    throw new RangeError(`${fact.type} has more than ${MAX_DATA_BYTES} bytes`);
  const busSubject = factSubject(fact, accountId, registryId);
  // An id with a dot, a blank or a wildcard would move the fact to where others may subscribe.
  if (!/^[\w-]+(\.[\w-]+)*$/.test(busSubject) || /[.]/.test(accountId + (registryId ?? ''))) {
    throw new RangeError('an account or registry id can not stand in a subject');
  }
  const eventId = uuidV7(now);
  tx.write({
    name: 'outbox-append',
    text: APPEND,
    values: [
      eventId,
      accountId,
      registryId,
      orderingKey,
      fact.type,
      fact.major,
      fact.owner,
      busSubject,
      context.subject ?? null,
      checked,
      actor,
      now,
      currentTraceparent(),
    ],
  });
  tx.wakesOutbox();
  return eventId;
}

/** The active span as W3C Trace Context `traceparent`; null outside a trace. */
function currentTraceparent(): string | null {
  const span = trace.getActiveSpan()?.spanContext();
  if (!span) return null;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`;
}
