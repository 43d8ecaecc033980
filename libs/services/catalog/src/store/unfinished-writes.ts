import { type BlobStore, canListUnfinished, parseBlobKey, type UnfinishedWrite } from '@entrepot/blob-store';
import type { Database, PlatformLogger } from '@entrepot/platform-persistence';
import { keysBeingWritten } from './unfinished.store.js';

/** Writes that one statement looks up. */
const BATCH = 500;
/**
 * How old a write must be by the store's clock: a session ends after a day of silence, and as much again is left for clocks that disagree
 * and for sessions that began when this list did.
 */
const SAFE_AGE_MS = 48 * 3_600_000;

/** What one look found. */
export interface UnfinishedReport {
  /** Looked at. */
  readonly found: number;
  /** Without a session, and old enough. */
  readonly abandoned: number;
  /** Ended, of those. */
  readonly ended: number;
}

/**
 * Ends writes that nobody goes on with: parts of uploads whose session is gone, which the store charges for until somebody ends them. The rows
 * decide, by comparison with what the store lists; where the store has no such writes there is nothing to do. A bucket that
 * refuses its list is told to the log, and the others are looked at. With `remove` false it only counts.
 */
export async function endUnfinishedWrites(
  { database, store, logger }: { database: Database; store: BlobStore; logger: PlatformLogger },
  { now, remove, signal }: { now: Date; remove: boolean; signal?: AbortSignal },
): Promise<UnfinishedReport> {
  const report = { found: 0, abandoned: 0, ended: 0 };
  if (!canListUnfinished(store)) return report;
  const missed = (err: unknown): void => logger.warn({ err }, 'not all writes that never ended could be listed');
  for await (const batch of batchesOf(store.listUnfinished('registries/'), missed)) {
    if (signal?.aborted) break;
    report.found += batch.length;
    const old = batch.filter(({ key, startedAt }) => isOld(startedAt, now) && parseBlobKey(key) !== null);
    const written = await keysBeingWritten(
      database,
      old.map(({ key }) => key),
    );
    for (const write of old.filter(({ key }) => !written.has(key))) {
      report.abandoned++;
      if (!remove || signal?.aborted) continue;
      try {
        await store.abortUnfinished(write);
        report.ended++;
      } catch (err) {
        logger.warn({ err, key: write.key }, 'an abandoned write could not be ended yet');
      }
    }
  }
  return report;
}

function isOld(startedAt: Date, now: Date): boolean {
  return now.getTime() - startedAt.getTime() > SAFE_AGE_MS;
}

/** What a list told before it failed is worth as much as the whole of one. */
async function* batchesOf(
  writes: AsyncIterable<UnfinishedWrite>,
  missed: (error: unknown) => void,
): AsyncGenerator<UnfinishedWrite[]> {
  let batch: UnfinishedWrite[] = [];
  try {
    for await (const write of writes) {
      batch.push(write);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    missed(error);
  }
  if (batch.length > 0) yield batch;
}
