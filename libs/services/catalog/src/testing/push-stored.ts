import { createSecretKey, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { type BlobStore, SealedBlobStore, type SealMode } from '@entrepot/blob-store';
import { Digest, OCI_LAYER_TAR_GZIP } from '@entrepot/oci';
import { commitUpload } from '../upload/commit-upload.js';
import { openUpload } from '../upload/open-upload.js';
import type { BlobPushed } from './pushes.js';
import type { ScratchCatalog } from './scratch-catalog.js';

export type Format = SealMode['format'];

/** A blob whose bytes lie in a real store. */
export interface StoredBlob extends BlobPushed {
  bytes: Buffer;
  key: string;
}

/** Seals as the suite does, over any driver. */
export function sealedAs(format: Format): (store: BlobStore) => SealedBlobStore {
  const key = { id: 'k1', secret: createSecretKey(randomBytes(32)) };
  const seal = async (): Promise<SealMode> => (format === 'aes' ? { format, key } : { format });
  return (store) => SealedBlobStore.around({ store, seal, keys: { byId: async () => key } });
}

/** Pushes as the gateway does, in one append or in several. */
export async function pushStored(
  catalog: ScratchCatalog,
  store: SealedBlobStore,
  image: string,
  content: string | Buffer,
  chunks = 1,
): Promise<StoredBlob> {
  const bytes = Buffer.from(content);
  const scope = catalog.scope(image);
  const { uploadId, key, revision } = await openUpload(catalog.ports, { ...scope, algorithm: 'sha256' });
  let state = await store.begin(key);
  const length = Math.ceil(bytes.length / chunks);
  for (let at = 0; at < bytes.length; at += length) {
    const chunk = Readable.from([bytes.subarray(at, at + length)]);
    ({ state } = await store.append(key, state, chunk, { limit: length }));
  }
  const location = await store.commit(key, state);
  const digest = Digest.of(bytes).toString();
  const size = bytes.length;
  await commitUpload(catalog.ports, { ...scope, uploadId, revision, digest, size, location });
  return { mediaType: OCI_LAYER_TAR_GZIP, digest, size, bytes, key };
}
