import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Appended, type BlobLocation, S3BlobStore, SealedBlobStore, type WriterState } from '@entrepot/blob-store';
import type { UploadClaim } from '@entrepot/contracts';
import { Digest } from '@entrepot/oci';
import { silentLogger } from '@entrepot/platform-persistence';
import { type S3Server, startSeaweedfs, TestBucket } from '@entrepot/testing';
import { RegistryPlaces } from '../registry/registry-places.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { commitUpload } from '../upload/commit-upload.js';
import { openUpload } from '../upload/open-upload.js';
import { StoreGuard } from './store-guard.js';
import { StoreWorker } from './store.worker.js';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;
/** More than one part of S3 has. */
const SIZE = 10 * MIB;
const NO_LIMIT = { limit: Number.MAX_SAFE_INTEGER };

let server: S3Server;
let bucket: TestBucket;
let store: SealedBlobStore;
let catalog: ScratchCatalog;

beforeAll(async () => {
  [server, catalog] = await Promise.all([startSeaweedfs(), ScratchCatalog.open()]);
  bucket = await TestBucket.make(server);
  const s3 = await S3BlobStore.open({ ...server, bucket: bucket.name });
  const keys = { byId: () => Promise.reject(new Error('nothing is encrypted here')) };
  store = SealedBlobStore.around({ store: s3, seal: async () => ({ format: 'crc' }), keys });
});
afterAll(async () => {
  await catalog?.close();
  await server?.stop();
});

/** What a replica runs, with our clock. */
async function runWorker(): Promise<void> {
  const { ports } = catalog;
  const guard = new StoreGuard(ports.database, store, silentLogger);
  const places = new RegistryPlaces(ports.database, store, silentLogger);
  const worker = new StoreWorker({ ports, store, places, guard, logger: silentLogger });
  await worker.prepare();
  await worker.run();
  await worker.stop();
}

/** A client that sends nothing more for now. */
class Halted {
  readonly source = new Readable({ read: () => undefined });
  readonly appended: Promise<Appended>;

  constructor({ key }: UploadClaim, state: WriterState, bytes: Buffer) {
    this.source.push(bytes);
    this.appended = store.append(key, state, this.source, NO_LIMIT);
    this.appended.catch(() => undefined);
  }
}

async function uploadsOfParts(): Promise<number> {
  return (await bucket.contents()).filter((name) => name.endsWith('(upload)')).length;
}

async function commit(claim: UploadClaim, bytes: Buffer, state: WriterState): Promise<BlobLocation> {
  const { uploadId, revision, key } = claim;
  const location = await store.commit(key, state);
  const digest = Digest.of(bytes).toString();
  await commitUpload(catalog.ports, {
    ...catalog.scope('a'),
    uploadId,
    revision,
    digest,
    size: bytes.length,
    location,
  });
  return location;
}

async function isStored(location: BlobLocation, bytes: Buffer): Promise<boolean> {
  return (await buffer(await store.read(location))).equals(bytes);
}

describe('parts of uploads in S3 that nobody goes on with', () => {
  it('are ended after two days when their push died, and those of an open session stay and become its blob', async () => {
    const start = catalog.now.getTime();
    const bytes = randomBytes(SIZE);
    const open = () => openUpload(catalog.ports, { ...catalog.scope('a'), algorithm: 'sha256' });
    const begin = async (claim: UploadClaim) => new Halted(claim, await store.begin(claim.key), bytes.subarray(0, -1));

    const [killed, going] = [await open(), await open()];
    const halted = [await begin(killed), await begin(going)] as const;
    // The gateway of the first dies; the client sends all again to another one, which ends the upload, and dies before it tidies.
    const again = await store.append(killed.key, await store.begin(killed.key), Readable.from([bytes]), NO_LIMIT);
    const ended = await commit(killed, bytes, again.state);
    while ((await uploadsOfParts()) < 2) await new Promise((resolve) => setTimeout(resolve, 50));

    // Each look is the next one's turn.
    for (const [hours, left] of [
      [0, 2],
      [42, 2],
      [49, 1],
    ] as const) {
      catalog.now = new Date(start + hours * 3_600_000);
      await runWorker();
      expect([hours, await uploadsOfParts()]).toEqual([hours, left]);
    }
    expect(await isStored(ended, bytes)).toBe(true);
    halted[1].source.push(bytes.subarray(-1));
    halted[1].source.push(null);
    expect(await isStored(await commit(going, bytes, (await halted[1].appended).state), bytes)).toBe(true);
    expect(await uploadsOfParts()).toBe(0);
    halted[0].source.destroy(new Error('gone'));
    await expect(halted[0].appended).rejects.toThrow();
  });
});
