import type { NamedStatement } from '@entrepot/platform-persistence';
import type { FactEvent } from './fact-event.js';

/** What the relay needs of a Postgres connection. */
export interface RowSource {
  query(statement: NamedStatement): Promise<{ rows: unknown[] }>;
}

/** A committed fact that waits to be published. */
export interface OutboxRow {
  event: FactEvent<unknown>;
  /** NATS subject. */
  busSubject: string;
}

interface Row {
  event_id: string;
  position: string;
  account_id: string;
  registry_id: string | null;
  ordering_key: string;
  type: string;
  major: number;
  owner: string;
  bus_subject: string;
  subject: string | null;
  data: unknown;
  actor: string;
  occurred_at: Date;
  traceparent: string | null;
}

// Only below the oldest transaction that still runs, and never past a row that is not: a fact is thus never published before one that
// it follows, even when the later transaction began first. All rows of a key that is passed over are, so its order stays too. Looked for among
// the rows that may be next only: millions may wait when NATS was away for long.
const SELECT = `
  WITH next AS MATERIALIZED (
    SELECT event_id, position, account_id, registry_id, ordering_key, type, major, owner, bus_subject, subject, data, actor, occurred_at,
           traceparent
    FROM outbox WHERE ordering_key <> ALL($2::text[]) ORDER BY position LIMIT $1)
  SELECT * FROM next
  WHERE position < COALESCE(
    (SELECT position FROM outbox
     WHERE position <= (SELECT max(position) FROM next) AND transaction_id >= (SELECT pg_snapshot_xmin(pg_current_snapshot()))
     ORDER BY position LIMIT 1),
    9223372036854775807)
  ORDER BY position`;

/** The next facts to publish, in order of position, without those of the keys that are passed over. */
export async function nextOutboxRows(
  source: RowSource,
  limit: number,
  passedOver: readonly string[] = [],
): Promise<OutboxRow[]> {
  const { rows } = await source.query({ name: 'outbox-next', text: SELECT, values: [limit, passedOver] });
  return (rows as Row[]).map(toOutboxRow);
}

/** Forgets facts that the stream has. */
export async function deleteOutboxRows(source: RowSource, eventIds: string[]): Promise<void> {
  if (eventIds.length === 0) return;
  const text = 'DELETE FROM outbox WHERE event_id = ANY($1::uuid[])';
  await source.query({ name: 'outbox-delete', text, values: [eventIds] });
}

function toOutboxRow(row: Row): OutboxRow {
  return {
    busSubject: row.bus_subject,
    event: {
      id: row.event_id,
      type: `${row.type}.v${row.major}`,
      owner: row.owner,
      accountId: row.account_id,
      registryId: row.registry_id,
      actor: row.actor,
      subject: row.subject,
      time: row.occurred_at,
      // As wide as the largest bigint, so that it sorts as text.
      sequence: row.position.padStart(19, '0'),
      orderingKey: row.ordering_key,
      traceparent: row.traceparent,
      data: row.data,
    },
  };
}
