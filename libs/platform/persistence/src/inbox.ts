import type { Database } from './database.js';
import type { Transaction } from './transaction.js';

/**
 * Records, in the transaction of the event's effect, that `consumer` has it. False means that it had it already: do nothing. A delivery of
 * the same event in another transaction waits here until this one ends.
 */
export async function claimEvent(tx: Transaction, consumer: string, eventId: string): Promise<boolean> {
  const rows = await tx.ask({
    name: 'inbox-claim',
    text: 'INSERT INTO inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1',
    values: [consumer, eventId],
  });
  return rows.length === 1;
}

/** Runs `effect` in a transaction unless `consumer` has this event. Resolves to whether it ran. */
export async function handleOnce(
  database: Database,
  consumer: string,
  eventId: string,
  effect: (tx: Transaction) => Promise<void>,
): Promise<boolean> {
  return database.inTransaction(async (tx) => {
    if (!(await claimEvent(tx, consumer, eventId))) return false;
    await effect(tx);
    return true;
  });
}

/** Forgets events received before `before`; that must lie further back than the stream's own age limit. Resolves to how many. */
export async function forgetEvents(database: Database, before: Date): Promise<number> {
  const [row] = await database.query<{ count: string }>(
    'WITH gone AS (DELETE FROM inbox WHERE received_at < $1 RETURNING 1) SELECT count(*) FROM gone',
    [before],
  );
  return Number(row?.count ?? 0);
}
