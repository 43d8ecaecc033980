import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobMissing, BlobStoreUnavailable } from '../errors.js';
import { decodeIdentity, encodeIdentity, MAX_IDENTITY_BYTES } from '../identity.js';
import { IDENTITY_KEY } from '../keys.js';
import type { StoreIdentity } from '../port.js';
import type { Directories } from './directories.js';
import { codeOf } from './system-error.js';

/** The identity record. Once it was seen, its absence tells a store that was unmounted from a store that has lost a blob. */
export class IdentityFile {
  readonly #path: string;
  #seen = false;

  constructor(
    private readonly root: string,
    private readonly directories: Directories,
  ) {
    this.#path = join(root, IDENTITY_KEY);
  }

  async read(): Promise<StoreIdentity | null> {
    try {
      if ((await stat(this.#path)).size > MAX_IDENTITY_BYTES) {
        throw new BlobStoreUnavailable('the identity record of the store is not one of ours', false);
      }
      const identity = decodeIdentity(await readFile(this.#path));
      this.#seen = true;
      return identity;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async write(identity: StoreIdentity): Promise<void> {
    const draft = `${this.#path}.${randomBytes(8).toString('hex')}`;
    await writeDurably(draft, encodeIdentity(identity));
    await rename(draft, this.#path);
    await this.directories.sync(this.root);
    this.#seen = true;
  }

  /** Throws `BlobStoreUnavailable` when the whole store is gone. Asked when a file is not where it should be. */
  async assertStoreIsThere(): Promise<void> {
    await stat(this.#seen ? this.#path : this.root).catch((cause: unknown) => {
      throw new BlobStoreUnavailable('the directory of the blob store is gone: is it mounted?', false, { cause });
    });
  }

  /** Throws `BlobMissing`, or `BlobStoreUnavailable` when the whole store is gone. */
  async throwMissing(key: string, cause: unknown): Promise<never> {
    await this.assertStoreIsThere();
    throw new BlobMissing(key, { cause });
  }
}

/** Creates a file and makes its bytes durable, not its name. Leaves no file when it fails. */
export async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}
