import type { Database } from '@entrepot/platform-persistence';

/**
 * Takes the turn of a job that is done for all replicas. True for the one that gets it, at most once in `everySeconds`. A replica that dies in
 * its turn loses that turn only.
 */
export async function takeTurn(database: Database, job: string, now: Date, everySeconds: number): Promise<boolean> {
  const rows = await database.query(
    `INSERT INTO turn (job, due_at) VALUES ($1, $2::timestamptz + make_interval(secs => $3))
     ON CONFLICT (job) DO UPDATE SET due_at = excluded.due_at WHERE turn.due_at <= $2 RETURNING 1`,
    [job, now, everySeconds],
  );
  return rows.length > 0;
}
