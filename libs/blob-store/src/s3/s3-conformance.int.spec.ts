import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import { hasMinio, type S3Server, startMinio, startSeaweedfs, TestBucket } from '@entrepot/testing';
import {
  blobStoreConformance,
  keyListerConformance,
  presignerConformance,
  unfinishedWritesConformance,
  type StoreUnderTest,
} from '../conformance/blob-store.conformance.js';
import { IDENTITY_KEY } from '../keys.js';
import { S3BlobStore } from './s3.store.js';

jest.setTimeout(120_000);

// MinIO has to be built, which not every machine can; CI refuses to start without it.
const SERVERS = [['SeaweedFS', startSeaweedfs] as const, ...(hasMinio() ? [['MinIO', startMinio] as const] : [])];

describe.each(SERVERS)('%s', (name, start) => {
  let server: S3Server;

  beforeAll(async () => {
    server = await start();
  });

  afterAll(() => server.stop());

  async function sharedBucket(versioning: boolean): Promise<StoreUnderTest> {
    const bucket = await TestBucket.make(server, { versioning });
    const open = (): Promise<S3BlobStore> => S3BlobStore.open({ ...server, bucket: bucket.name });
    return {
      store: await open(),
      reopen: open,
      leftovers: async () => (await bucket.contents()).filter((found) => found !== IDENTITY_KEY),
      dispose: async () => undefined,
    };
  }

  async function bucketPerRegistry(): Promise<StoreUnderTest> {
    const bucketPrefix = `per-${name.toLowerCase()}-`;
    const open = (): Promise<S3BlobStore> => S3BlobStore.open({ ...server, bucketPrefix });
    const store = await open();
    const registries = ['conformance', 'prefixes', 'one', 'one-more'];
    for (const registry of registries) await store.prepareRegistry(registry);
    const buckets = registries.map((registry) => TestBucket.of(server, `${bucketPrefix}${registry}`));
    return {
      store,
      reopen: open,
      leftovers: async () => {
        const found = await Promise.all(buckets.map((bucket) => bucket.contents()));
        return found.flat().filter((entry) => entry !== IDENTITY_KEY);
      },
      dispose: async () => {
        for (const registry of registries) await store.removeRegistry(registry);
      },
    };
  }

  blobStoreConformance('S3, one bucket', () => sharedBucket(false));
  blobStoreConformance('S3, one bucket that keeps versions', () => sharedBucket(true));
  blobStoreConformance('S3, a bucket per registry', bucketPerRegistry);
  keyListerConformance('S3, one bucket', () => sharedBucket(false));
  presignerConformance('S3, one bucket', () => sharedBucket(false));
  unfinishedWritesConformance('S3, one bucket', () => sharedBucket(false));
  keyListerConformance('S3, a bucket per registry', bucketPerRegistry);
});
