import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type BucketOptions, hasMinio, type S3Server, startMinio, startSeaweedfs, TestBucket } from '@entrepot/testing';
import {
  blobStoreConformance,
  keyListerConformance,
  presignerConformance,
  unfinishedWritesConformance,
  type StoreUnderTest,
} from '../conformance/blob-store.conformance.js';
import { bytesOf, freshKey, put } from '../conformance/subject.js';
import { IDENTITY_KEY } from '../keys.js';
import type { FrameFormat } from '../sealed/frame-layout.js';
import { KeysInMemory, sealedAround } from '../sealed/spec/sealed-under-test.js';
import { canPresign } from '../port.js';
import type { SealedBlobStore } from '../sealed/sealed.store.js';
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

  async function sharedBucket(options: BucketOptions): Promise<StoreUnderTest> {
    const bucket = await TestBucket.make(server, options);
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
    const registries = ['conformance', 'prefixes', 'one', 'one-more'];
    const prepare = async (store: S3BlobStore): Promise<void> => {
      for (const registry of registries) await store.prepareRegistry(registry);
    };
    const open = async (): Promise<S3BlobStore> => {
      const store = await S3BlobStore.open({ ...server, bucketPrefix });
      const writeIdentity = store.writeIdentity.bind(store);
      // Who claims a store makes every place again, as the catalog does: an empty bucket may be anybody's.
      store.writeIdentity = async (identity) => {
        await writeIdentity(identity);
        await prepare(store);
      };
      return store;
    };
    const store = await open();
    await prepare(store);
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

  /** As the gateways use it: what is stored is framed, or encrypted, or as it was sent. */
  async function sealed(format: FrameFormat): Promise<StoreUnderTest> {
    const bucket = await sharedBucket({});
    const keys = new KeysInMemory();
    const reopen = async (): Promise<SealedBlobStore> => sealedAround(await bucket.reopen(), format, keys);
    return { ...bucket, store: sealedAround(bucket.store, format, keys), reopen };
  }

  // What lies beneath is the same for all: one server is enough for two of them.
  for (const format of name === 'SeaweedFS' ? (['aes', 'crc', 'raw'] as const) : (['aes'] as const)) {
    blobStoreConformance(`sealed (${format}) S3`, () => sealed(format));
  }
  keyListerConformance('sealed S3', () => sealed('aes'));
  unfinishedWritesConformance('sealed S3', () => sealed('aes'));
  presignerConformance('sealed (raw) S3', () => sealed('raw'));

  it.each(['aes', 'crc'] as const)('no URL is given for a blob that is stored as %s', async (format) => {
    const { store } = await sealed(format);
    if (!canPresign(store)) throw new Error('this store presigns nothing');
    const location = await put(store, freshKey(), bytesOf(10));
    const request = { expiresInSeconds: 60, contentType: 'text/plain', contentDisposition: 'attachment' };
    expect(await store.presignRead(location, request)).toBeNull();
  });

  blobStoreConformance('S3, one bucket', () => sharedBucket({}));
  if (name === 'SeaweedFS')
    blobStoreConformance('S3, one bucket that keeps versions', () => sharedBucket({ versioning: true }));
  // It keeps versions, too.
  blobStoreConformance('S3, one bucket that locks objects', () => sharedBucket({ locking: true }));
  unfinishedWritesConformance('S3, one bucket that locks objects', () => sharedBucket({ locking: true }));
  blobStoreConformance('S3, a bucket per registry', bucketPerRegistry);
  keyListerConformance('S3, one bucket', () => sharedBucket({}));
  presignerConformance('S3, one bucket', () => sharedBucket({}));
  unfinishedWritesConformance('S3, one bucket', () => sharedBucket({}));
  keyListerConformance('S3, a bucket per registry', bucketPerRegistry);
});
