import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesystemBlobStore, type SealedBlobStore } from '@entrepot/blob-store';
import { type Format, pushStored, sealedAs, type StoredBlob } from './push-stored.js';
import type { ScratchCatalog } from './scratch-catalog.js';

/** A directory store, sealed as the suite seals, under a scratch catalog. Files can be damaged as disks damage them. */
export class StoredBlobs {
  private constructor(
    private readonly catalog: ScratchCatalog,
    readonly root: string,
    readonly store: SealedBlobStore,
  ) {}

  static async open(catalog: ScratchCatalog, format: Format): Promise<StoredBlobs> {
    const root = await mkdtemp(join(tmpdir(), 'catalog-stored-'));
    return new StoredBlobs(catalog, root, sealedAs(format)(await FilesystemBlobStore.open({ root })));
  }

  close(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }

  /** Pushed in one append, or in several. */
  push(image: string, content: string | Buffer, chunks = 1): Promise<StoredBlob> {
    return pushStored(this.catalog, this.store, image, content, chunks);
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
