import type { StoreMembers } from '@entrepot/blob-store';
import { type Copied, copyBlob, type CopyNeeds, type CopyWork } from './copy-blob.js';
import { locate } from './locate.js';
import { storedBlobs } from './stored-blobs.store.js';

/** Blobs on their way at once: small ones wait for the stores most of the time. */
const AT_ONCE = 4;

export interface CopyReport {
  copied: number;
  /** Stored ones, of those that were copied. */
  bytes: number;
  /** Of the copied: encrypted ones that were compared without being opened. */
  unopened: number;
  /** Deleted meanwhile, or copied by another run. */
  gone: number;
  refused: number;
}

export interface CopyRun extends CopyNeeds, StoreMembers {
  /** Null: all. */
  readonly registryId: string | null;
  /** Told of each blob when it is done with. */
  onDone?(work: CopyWork, copied: Copied, report: CopyReport): void;
}

/**
 * Copies every live blob that is not in the first store, pass after pass until there is none but those that were refused. Rejects when a store or
 * the database fails; what is done stays done.
 */
export async function copyBlobs(run: CopyRun): Promise<CopyReport> {
  const report: CopyReport = { copied: 0, bytes: 0, unopened: 0, gone: 0, refused: 0 };
  const refused = new Set<string>();
  for (;;) {
    const work = blobsToCopy(run, refused);
    if ((await pass(run, work, report, refused)) === 0) return report;
  }
}

/** Live blobs that are not in the first store; without those of deleted registries, which may have no place in it any more. */
export async function* blobsToCopy(
  { database, members, registryId }: Pick<CopyRun, 'database' | 'members' | 'registryId'>,
  besides: ReadonlySet<string> = new Set(),
): AsyncGenerator<CopyWork> {
  for await (const blob of storedBlobs(database, registryId)) {
    const { location } = blob;
    if (blob.state !== 'live' || blob.leaving || location === null || besides.has(blob.generation)) continue;
    const from = locate(members, location);
    if (from !== members[0]) yield { blob: { ...blob, location }, from };
  }
}

async function pass(
  run: CopyRun,
  work: AsyncGenerator<CopyWork>,
  report: CopyReport,
  refused: Set<string>,
): Promise<number> {
  const stop = new AbortController();
  let count = 0;
  const worker = async (): Promise<void> => {
    for (let next = await work.next(); !next.done && !stop.signal.aborted; next = await work.next()) {
      count++;
      const copied = await copyBlob(run, next.value, stop.signal);
      if (copied.outcome === 'refused') refused.add(next.value.blob.generation);
      add(report, copied);
      run.onDone?.(next.value, copied, report);
    }
  };
  const workers = Array.from({ length: AT_ONCE }, () =>
    worker().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  stop.signal.throwIfAborted();
  return count;
}

function add(report: CopyReport, copied: Copied): void {
  report[copied.outcome]++;
  if (copied.outcome !== 'copied') return;
  report.bytes += copied.bytes;
  if (copied.provenBy === 'bytes') report.unopened++;
}
