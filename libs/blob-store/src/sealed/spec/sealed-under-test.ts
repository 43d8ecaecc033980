import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreUnderTest } from '../../conformance/blob-store.conformance.js';
import { FilesystemBlobStore } from '../../filesystem/filesystem.store.js';
import { IDENTITY_KEY } from '../../keys.js';
import type { BlobStore } from '../../port.js';
import type { FrameFormat } from '../frame-layout.js';
import type { RegistryKey, RegistryKeys } from '../registry-keys.js';
import { SealedBlobStore, type SealMode } from '../sealed.store.js';

export class KeysInMemory implements RegistryKeys {
  readonly #keys: RegistryKey[] = [];

  constructor() {
    this.rotate();
  }

  rotate(): void {
    this.#keys.push({ id: `key-${this.#keys.length + 1}`, secret: createSecretKey(randomBytes(32)) });
  }

  async current(): Promise<RegistryKey> {
    return this.#keys.at(-1) as RegistryKey;
  }

  async byId(_registryId: string, keyId: string): Promise<RegistryKey> {
    const key = this.#keys.find(({ id }) => id === keyId);
    if (!key) throw new Error(`no key ${keyId}`);
    return key;
  }
}

export function sealedAround(store: BlobStore, format: FrameFormat, keys: KeysInMemory): SealedBlobStore {
  const seal = async (): Promise<SealMode> => (format === 'aes' ? { format, key: await keys.current() } : { format });
  return SealedBlobStore.around({ store, seal, keys });
}

export interface SealedUnderTest extends StoreUnderTest {
  readonly store: SealedBlobStore;
  readonly keys: KeysInMemory;
  readonly root: string;
}

/** Sealed blobs in a temporary directory. `streaming`: the inner store hides that it can open files, as one over a network. */
export async function sealedUnderTest(format: FrameFormat, streaming = false): Promise<SealedUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'entrepot-sealed-'));
  const keys = new KeysInMemory();
  const open = async (): Promise<SealedBlobStore> => {
    const files = await FilesystemBlobStore.open({ root });
    return sealedAround(streaming ? Object.assign(files, { openFile: undefined }) : files, format, keys);
  };
  return {
    root,
    keys,
    store: await open(),
    reopen: open,
    dispose: () => rm(root, { recursive: true, force: true }),
    leftovers: () => filesBelow(root),
  };
}

export async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== IDENTITY_KEY);
  return files.map((entry) => join(entry.parentPath, entry.name)).toSorted();
}

/** All that a pump hands out. */
export async function pumped(
  store: SealedBlobStore,
  ...asked: Parameters<SealedBlobStore['openPump']>
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const pump = await store.openPump(...asked);
  await pump(async (piece) => void pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces);
}
