import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FilesystemBlobStore, SealedBlobStore, type SealMode } from '@entrepot/blob-store';
import { Digest, OCI_LAYER_TAR_GZIP } from '@entrepot/oci';
import { commitUpload } from '../upload/commit-upload.js';
import { openUpload } from '../upload/open-upload.js';
import type { BlobPushed } from './pushes.js';
import type { ScratchCatalog } from './scratch-catalog.js';

export type Format = SealMode['format'];

/** A blob whose bytes lie in a real directory. */
export interface StoredBlob extends BlobPushed {
  bytes: Buffer;
  key: string;
}

/** A directory store, sealed as the suite seals, under a scratch catalog. Files can be damaged as disks damage them. */
export class StoredBlobs {
  private constructor(
    private readonly catalog: ScratchCatalog,
    readonly root: string,
    readonly store: SealedBlobStore,
  ) {}

  static async open(catalog: ScratchCatalog, format: Format): Promise<StoredBlobs> {
    const root = await mkdtemp(join(tmpdir(), 'catalog-stored-'));
    const key = { id: 'k1', secret: createSecretKey(randomBytes(32)) };
    const seal = async (): Promise<SealMode> => (format === 'aes' ? { format, key } : { format });
    const store = await FilesystemBlobStore.open({ root });
    const keys = { byId: async () => key };
    return new StoredBlobs(catalog, root, SealedBlobStore.around({ store, seal, keys }));
  }

  close(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }

  /** Pushed in one append, or in several. */
  async push(image: string, content: string | Buffer, chunks = 1): Promise<StoredBlob> {
    const bytes = Buffer.from(content);
    const scope = this.catalog.scope(image);
    const { uploadId, key, revision } = await openUpload(this.catalog.ports, { ...scope, algorithm: 'sha256' });
    let state = await this.store.begin(key);
    const length = Math.ceil(bytes.length / chunks);
    for (let at = 0; at < bytes.length; at += length) {
      const chunk = Readable.from([bytes.subarray(at, at + length)]);
      ({ state } = await this.store.append(key, state, chunk, { limit: length }));
    }
    const location = await this.store.commit(key, state);
    const digest = Digest.of(bytes).toString();
    const size = bytes.length;
    await commitUpload(this.catalog.ports, { ...scope, uploadId, revision, digest, size, location });
    return { mediaType: OCI_LAYER_TAR_GZIP, digest, size, bytes, key };
  }

  async filesOf({ key }: Pick<StoredBlob, 'key'>): Promise<string[]> {
    const generation = key.slice(key.lastIndexOf('/') + 1);
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return files.filter((file) => file.includes(generation)).toSorted();
  }

  async flip(blob: StoredBlob): Promise<void> {
    const [file] = await this.filesOf(blob);
    const bytes = await readFile(file!);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    await writeFile(file!, bytes);
  }

  async cut(blob: StoredBlob): Promise<void> {
    const file = (await this.filesOf(blob)).at(-1)!;
    await truncate(file, (await readFile(file)).length - 1);
  }

  async remove(blob: StoredBlob): Promise<void> {
    for (const file of await this.filesOf(blob)) await rm(file);
  }

  /** Gives each the files of the other, which must be as long. */
  async swap(one: StoredBlob, other: StoredBlob): Promise<void> {
    const [a, b] = [(await this.filesOf(one))[0]!, (await this.filesOf(other))[0]!];
    await rename(a, `${this.root}/between`);
    await rename(b, a);
    await rename(`${this.root}/between`, b);
  }
}
