import { type BlobReader, BlobStoreUnavailable } from '@entrepot/blob-store';
import { silentLogger } from '@entrepot/platform-persistence';
import { lookup } from '../lookup/lookup.js';
import { ScrubWorker } from '../scrub/scrub.worker.js';
import { ALWAYS } from '../store/store-guard.js';
import type { StoredBlob } from './push-stored.js';
import type { ScratchCatalog } from './scratch-catalog.js';

const WEEK_MS = 7 * 86_400_000;

type Digested = Pick<StoredBlob, 'digest'>;
type Reader = Pick<BlobReader, 'read'>;

export const SCRUB_INTERVAL_SECONDS = 3_600;

/** A scrub of a scratch catalog, which looks twice at once. */
export function scrubWorker(
  catalog: ScratchCatalog,
  store: Reader,
  bytesPerSecond = 1e12,
  guard = ALWAYS,
): ScrubWorker {
  return new ScrubWorker(catalog.ports, store as BlobReader, guard, silentLogger, {
    bytesPerSecond,
    intervalSeconds: SCRUB_INTERVAL_SECONDS,
    secondLookMs: 0,
  });
}

/** A week later every blob is due, and all of them are looked at. Resolves to how long the scrub rests then, in milliseconds. */
export async function aWeekLater(catalog: ScratchCatalog, worker: ScrubWorker): Promise<number> {
  catalog.now = new Date(catalog.now.getTime() + WEEK_MS);
  for (;;) {
    const restMs = await worker.run();
    if (restMs > 0) return restMs;
  }
}

/** The look-up of a pull: null when the blob is absent, without a location when it is damaged. */
export async function lookUpBlob(catalog: ScratchCatalog, image: string, { digest }: Digested) {
  const { registryId } = catalog;
  const question = { kind: 'blob', registryId, registryName: null, repository: 'apps', image, tag: null } as const;
  return (await lookup(catalog.ports, { questions: [{ ...question, digest }] })).answers[0]!.blob;
}

/** What a client gets: its bytes, or how the blob is refused. */
export async function pullBlob(
  catalog: ScratchCatalog,
  store: Reader,
  image: string,
  blob: Digested,
): Promise<Buffer | 'absent' | 'damaged' | 'away'> {
  const found = await lookUpBlob(catalog, image, blob);
  if (found === null) return 'absent';
  if (found.location === null) return 'damaged';
  try {
    return Buffer.concat((await (await store.read(found.location as never)).toArray()) as Buffer[]);
  } catch (error) {
    if (error instanceof BlobStoreUnavailable) return 'away';
    throw error;
  }
}

/** The states of all generations of a digest, in their order. */
export async function statesOf(catalog: ScratchCatalog, { digest }: Digested): Promise<string[]> {
  const text = `SELECT state FROM blob WHERE hex = $1 ORDER BY state`;
  return (await catalog.query<{ state: string }>(text, [digest.slice(7)])).map(({ state }) => state);
}

/** Facts about blobs, in their order. */
export async function factsOfBlobs(catalog: ScratchCatalog) {
  const facts = (await catalog.facts()).map(({ type, data }) => ({ type, ...data }));
  return facts.filter(({ type }) => type.startsWith('blob.'));
}
