import type { Epochs } from '@entrepot/contracts';
import type { Database, Transaction } from '@entrepot/platform-persistence';

/** Accounts that one answer lists; who is further behind is told up to where the list goes, and asks on. */
const MAX_CHANGED = 10_000;

interface CountRow {
  incarnation: string;
  sequence: string;
  expired: boolean;
}

interface ChangeRow {
  account_id: string;
  epoch: string;
  sequence: string;
}

/** Where the count of changes stands. `expired`: a key's time has come and nobody has disabled it yet. */
export interface Count {
  incarnation: string;
  sequence: number;
  expired: boolean;
}

/**
 * Marks an account as changed, in the transaction that changes it. Call it last: it takes the lock of the one row that counts all changes.
 */
export async function raiseEpoch(tx: Transaction, accountId: string): Promise<void> {
  await tx.query(
    `WITH next AS (UPDATE installation SET sequence = sequence + 1 RETURNING sequence)
     INSERT INTO account_epoch (account_id, epoch, sequence) SELECT $1, 1, next.sequence FROM next
     ON CONFLICT (account_id) DO UPDATE SET epoch = account_epoch.epoch + 1, sequence = excluded.sequence`,
    [accountId],
  );
}

/** Marks every account as changed: a system policy did. */
export async function raiseAllEpochs(tx: Transaction): Promise<void> {
  const accounts = await tx.query<{ account_id: string }>('SELECT account_id FROM account ORDER BY account_id');
  for (const { account_id } of accounts) await raiseEpoch(tx, account_id);
}

/** One cheap statement: it runs five times a second on each replica. */
export async function readCount(database: Database): Promise<Count> {
  const [row] = await database.ask<CountRow>({
    name: 'iam-count',
    text: `SELECT incarnation, sequence,
      EXISTS (SELECT FROM access_key WHERE enabled AND expires_at <= now()) AS expired FROM installation`,
    values: [],
  });
  if (!row) throw new Error('the installation has no row');
  return { incarnation: row.incarnation, sequence: Number(row.sequence), expired: row.expired };
}

/** The accounts that changed after `since`, oldest change first; complete up to the `sequence` that it tells. */
export async function readEpochs(database: Database, since: number): Promise<Epochs> {
  const rows = await database.ask<ChangeRow & { incarnation: string; total: string }>({
    name: 'iam-epochs',
    // One statement, so that the count and the list belong together.
    text: `SELECT i.incarnation, i.sequence AS total, e.account_id, e.epoch, e.sequence
      FROM installation i LEFT JOIN LATERAL (
        SELECT account_id, epoch, sequence FROM account_epoch WHERE sequence > $1 ORDER BY sequence LIMIT ${MAX_CHANGED + 1}
      ) e ON true ORDER BY e.sequence`,
    values: [since],
  });
  const [first] = rows;
  if (!first) throw new Error('the installation has no row');
  const listed = rows.filter((row) => row.account_id !== null).slice(0, MAX_CHANGED);
  const more = rows.length > MAX_CHANGED;
  return {
    incarnation: first.incarnation,
    sequence: Number(more ? listed.at(-1)?.sequence : first.total),
    changed: listed.map(({ account_id, epoch }) => ({ accountId: account_id, epoch: Number(epoch) })),
  };
}

/** Begins a new incarnation: the database went back to an earlier moment, so its epochs may repeat. Resolves to the new one. */
export async function renewIncarnation(database: Database): Promise<string> {
  const [row] = await database.query<{ incarnation: string }>(
    'UPDATE installation SET incarnation = gen_random_uuid() RETURNING incarnation',
  );
  if (!row) throw new Error('the installation has no row');
  return row.incarnation;
}

/** Disables the keys whose time has come, and raises the epochs of their accounts. Safe to run on several replicas at once. */
export async function disableExpiredKeys(tx: Transaction): Promise<void> {
  const rows = await tx.query<{ account_id: string }>(
    `UPDATE access_key SET enabled = false WHERE key_id IN (
       SELECT key_id FROM access_key WHERE enabled AND expires_at <= now() ORDER BY key_id LIMIT 1000 FOR UPDATE SKIP LOCKED
     ) RETURNING account_id`,
  );
  for (const accountId of new Set(rows.map(({ account_id }) => account_id))) await raiseEpoch(tx, accountId);
}
