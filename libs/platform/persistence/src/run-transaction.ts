import type pg from 'pg';
import { requireStillAsked } from './asked-until.js';
import { CommitOutcomeUnknown, isConnectionFailure, translateDatabaseError } from './database-errors.js';
import type { Transaction } from './transaction.js';

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/** One attempt: BEGIN, the function, COMMIT, on one connection of the pool, which goes back clean or is destroyed. */
export async function runTransaction<T>(
  pool: pg.Pool,
  isolation: Isolation,
  open: (client: pg.PoolClient) => Transaction,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  // While it is lent the pool doesn't listen: without this a dying server would end the process.
  const broken = { is: false };
  const onError = (): void => void (broken.is = true);
  client.on('error', onError);
  const tx = open(client);
  try {
    await client.query(isolation === 'read committed' ? 'BEGIN' : `BEGIN ISOLATION LEVEL ${isolation.toUpperCase()}`);
    const result = await work(tx);
    await tx.requireSent();
    await tx.watched(async () => {
      // Last of all: whoever is told of the change may have made us wait.
      requireStillAsked();
      await commit(client);
    });
    tx.committed();
    return result;
  } catch (caught) {
    const error = caught instanceof CommitOutcomeUnknown ? caught : await tx.causeOf(caught);
    const unusable = error instanceof CommitOutcomeUnknown || isConnectionFailure(error) || tx.refusedByDriver;
    if (unusable) broken.is = true;
    else await client.query('ROLLBACK').catch(() => (broken.is = true));
    throw error;
  } finally {
    tx.end();
    client.removeListener('error', onError);
    client.release(broken.is);
  }
}

async function commit(client: pg.PoolClient): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query('COMMIT'));
  } catch (error) {
    if (!isConnectionFailure(error)) throw translateDatabaseError(error);
    throw new CommitOutcomeUnknown('the connection broke during COMMIT', { cause: error });
  }
  // Postgres answers COMMIT of a failed transaction with the tag ROLLBACK and no error.
  if (command !== 'COMMIT')
    throw new Error('the transaction had failed before COMMIT: an error was swallowed inside it');
}
