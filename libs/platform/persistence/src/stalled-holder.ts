import type pg from 'pg';

/** The number of a session lock in `pg_locks`, which shows its halves. */
const HOLDERS = `SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended($1, 0)
    AND a.state LIKE 'idle%' AND a.state_change < clock_timestamp() - make_interval(secs => $2)`;

/**
 * Ends the connections that hold the session lock `hashtextextended(lock, 0)` and have said nothing to Postgres for so long: their process
 * stalls, and keeps a lock that others wait for.
 */
export async function endStalledHolders(client: pg.Client, lock: string, silentForMs: number): Promise<void> {
  await client.query(`SELECT pg_terminate_backend(pid) FROM (${HOLDERS}) holder`, [lock, silentForMs / 1_000]);
}
