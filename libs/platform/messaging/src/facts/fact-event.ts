import { ContractViolation } from '@entrepot/contracts';

/** A fact as its hearers get it. */
export interface FactEvent<D> {
  /** UUID; the same in every delivery. */
  id: string;
  /** `image.pushed.v1` */
  type: string;
  /** The service that published it. */
  owner: string;
  accountId: string;
  registryId: string | null;
  actor: string;
  /** What it is about, in words of its owner; null when it didn't say. */
  subject: string | null;
  /** When it became true. */
  time: Date;
  /** Grows within one ordering key of one owner; compare as text. */
  sequence: string;
  orderingKey: string;
  traceparent: string | null;
  data: D;
}

/** A fact on the bus: CloudEvents 1.0 in structured JSON mode, with the extensions `sequence`, `partitionkey` and W3C `traceparent`. */
export interface CloudEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject?: string;
  time: string;
  datacontenttype: 'application/json';
  accountid: string;
  registryid?: string;
  actor: string;
  partitionkey: string;
  sequence: string;
  traceparent?: string;
  data: unknown;
}

export const CLOUD_EVENT_MEDIA_TYPE = 'application/cloudevents+json';
const SOURCE_PREFIX = '/entrepot/';

/** Writes the envelope. */
export function toCloudEvent(event: FactEvent<unknown>): CloudEvent {
  return {
    specversion: '1.0',
    id: event.id,
    source: SOURCE_PREFIX + event.owner,
    type: event.type,
    ...(event.subject === null ? {} : { subject: event.subject }),
    time: event.time.toISOString(),
    datacontenttype: 'application/json',
    accountid: event.accountId,
    ...(event.registryId === null ? {} : { registryid: event.registryId }),
    actor: event.actor,
    partitionkey: event.orderingKey,
    sequence: event.sequence,
    ...(event.traceparent === null ? {} : { traceparent: event.traceparent }),
    data: event.data,
  };
}

/** Reads the envelope; unknown attributes are ignored, `data` is not looked at. Throws `ContractViolation`. */
export function parseCloudEvent(bytes: Uint8Array): FactEvent<unknown> {
  const event = readJson(bytes);
  const text = (name: string): string => {
    const value = event[name];
    if (typeof value !== 'string' || value === '')
      throw new ContractViolation('CloudEvent', [`/${name} must be a text`]);
    return value;
  };
  const optional = (name: string): string | null => (event[name] === undefined ? null : text(name));
  if (event['specversion'] !== '1.0') throw new ContractViolation('CloudEvent', ['/specversion must be 1.0']);
  const time = new Date(text('time'));
  if (Number.isNaN(time.getTime())) throw new ContractViolation('CloudEvent', ['/time must be a moment']);
  return {
    id: text('id'),
    type: text('type'),
    owner: text('source').replace(SOURCE_PREFIX, ''),
    accountId: text('accountid'),
    registryId: optional('registryid'),
    actor: text('actor'),
    subject: optional('subject'),
    time,
    sequence: text('sequence'),
    orderingKey: text('partitionkey'),
    traceparent: optional('traceparent'),
    data: event['data'],
  };
}

function readJson(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new ContractViolation('CloudEvent', ['(message) must be a JSON object']);
}
