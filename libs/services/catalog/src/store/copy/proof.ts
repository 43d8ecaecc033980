import { createHash, type Hash, type KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import { BlobCorrupt, type BlobLocation, type BlobReader, decryptBlob, storedRecordOf } from '@entrepot/blob-store';
import type { StoredBlob } from './stored-blobs.store.js';

/** Of a registry's key, by its id; null when the master key is not at hand. */
export type KeyFinder = (registryId: string, keyId: string) => Promise<KeyObject | null>;

/** How a copy was proven: every segment opened and the digest compared, or the stored bytes compared with those that were read. */
export type ProvenBy = 'digest' | 'bytes';

/** Proves that stored bytes are those of a blob. */
export class Proof {
  constructor(private readonly keys: KeyFinder) {}

  /**
   * Reads all bytes that `location` names. Encrypted ones whose key is not at hand are compared with `sent`, the SHA-256 of the stored
   * bytes that were copied. Throws `BlobCorrupt` or `BlobMissing` when they are not those of the blob.
   */
  async of(store: Pick<BlobReader, 'read'>, blob: StoredBlob, location: BlobLocation, sent: string): Promise<ProvenBy> {
    const { record, keyId, size } = storedRecordOf(location);
    const key = keyId === null ? null : await this.keys(blob.registryId, keyId);
    const stored = await store.read(record);
    if (keyId !== null && key === null) {
      await expectDigest(blob, stored, createHash('sha256'), sent);
      return 'bytes';
    }
    const plain = size === null ? stored : await decryptBlob(stored, location, key);
    await expectDigest(blob, plain, createHash(blob.algorithm), blob.hex);
    return 'digest';
  }
}

async function expectDigest(blob: StoredBlob, bytes: Readable, hash: Hash, expected: string): Promise<void> {
  for await (const chunk of bytes) hash.update(chunk as Buffer);
  const found = hash.digest('hex');
  if (found !== expected) throw new BlobCorrupt(blob.generation, `its stored bytes have the digest ${found}`);
}
