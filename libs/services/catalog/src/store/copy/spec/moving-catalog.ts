import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  type BlobLocation,
  type BlobStore,
  type Member,
  type RegistryKey,
  SealedBlobStore,
  type SealMode,
  SeveralBlobStores,
} from '@entrepot/blob-store';
import { type LocalMasterKeys, newRegistryKey } from '@entrepot/key-management';
import { Digest } from '@entrepot/oci';
import { silentLogger } from '@entrepot/platform-persistence';
import { ReleaseWorker } from '../../../blob/release.worker.js';
import { deleteBlob } from '../../../blob/delete-blob.js';
import { insertKey } from '../../../encryption/registry-key.store.js';
import { ScratchCatalog } from '../../../testing/scratch-catalog.js';
import { commitUpload } from '../../../upload/commit-upload.js';
import { openUpload } from '../../../upload/open-upload.js';
import { ALWAYS, confirmStore } from '../../store-guard.js';
import { storageCommand } from '../storage-command.js';

/** A blob that was pushed, and its bytes. */
export interface Pushed {
  readonly image: string;
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/** A catalog whose bytes move from one store to another. */
export class MovingCatalog {
  /** As the gateways have them while bytes move. */
  readonly both: SeveralBlobStores;
  readonly said: string[] = [];
  #count = 0;

  private constructor(
    readonly catalog: ScratchCatalog,
    readonly from: Member,
    readonly to: Member,
    private readonly key: RegistryKey,
    private readonly masterKeys: LocalMasterKeys,
  ) {
    this.both = SeveralBlobStores.of(to, from);
  }

  static async open(from: Member, to: Member, masterKeys: LocalMasterKeys): Promise<MovingCatalog> {
    const catalog = await ScratchCatalog.open();
    const { registryId } = catalog;
    const made = { registryId, ...(await newRegistryKey(masterKeys, registryId)) };
    await catalog.ports.database.inTransaction((tx) => insertKey(tx, made, { actor: 'spec', now: catalog.now }));
    const key = { id: made.keyId, secret: await masterKeys.unwrap(made, made) };
    const moving = new MovingCatalog(catalog, from, to, key, masterKeys);
    await confirmStore(catalog.ports.database, moving.both);
    return moving;
  }

  close(): Promise<void> {
    return this.catalog.close();
  }

  /** A gateway's store over `inner`. */
  sealed(format: SealMode['format'] = 'crc', inner: BlobStore = this.both): SealedBlobStore {
    const seal = async (): Promise<SealMode> => (format === 'aes' ? { format, key: this.key } : { format });
    return SealedBlobStore.around({ store: inner, seal, keys: { byId: async () => this.key } });
  }

  /** Pushes a blob in these parts, to the old store unless told. */
  async push(parts: readonly number[], store: BlobStore = this.sealed('crc', this.from)): Promise<Pushed> {
    const image = `image-${this.#count++}`;
    const scope = this.catalog.scope(image);
    const { uploadId, revision, key } = await openUpload(this.catalog.ports, { ...scope, algorithm: 'sha256' });
    const pieces = parts.map((size) => randomBytes(size));
    const bytes = Buffer.concat(pieces);
    let state = await store.begin(key);
    for (const piece of pieces) {
      ({ state } = await store.append(key, state, Readable.from([piece]), { limit: bytes.length }));
    }
    const location = await store.commit(key, state);
    const digest = Digest.of(bytes);
    const commit = { ...scope, uploadId, revision, digest: digest.toString(), size: bytes.length, location };
    await commitUpload(this.catalog.ports, commit);
    return { image, digest, bytes };
  }

  async delete({ image, digest }: Pushed): Promise<void> {
    await deleteBlob(this.catalog.ports, { ...this.catalog.scope(image), digest: digest.toString() });
  }

  /** Where the row says that the live blob is. */
  async location({ digest }: Pushed): Promise<BlobLocation> {
    const [row] = await this.catalog.query<{ location: BlobLocation }>(
      `SELECT location FROM blob WHERE hex = $1 AND state = 'live'`,
      [digest.hex],
    );
    if (!row) throw new Error('no such blob');
    return row.location;
  }

  /** Whether a pull gets exactly the pushed bytes. */
  async pulls(pushed: Pushed, store: BlobStore = this.sealed('crc')): Promise<boolean> {
    return (await buffer(await store.read(await this.location(pushed)))).equals(pushed.bytes);
  }

  async keysIn(store: BlobStore): Promise<number> {
    let count = 0;
    const lister = store as BlobStore & { listKeys(prefix: string): AsyncIterable<string> };
    for await (const _ of lister.listKeys('registries/')) count++;
    return count;
  }

  /** `npm run storage -- …`; what it says is in `said`. */
  async run(
    args: readonly string[],
    { store = this.both, keys = this.masterKeys }: { store?: BlobStore; keys?: LocalMasterKeys | null } = {},
  ): Promise<number> {
    this.said.length = 0;
    return storageCommand(args, {
      say: (sentence) => void this.said.push(sentence),
      databaseUrl: () => this.catalog.url,
      openStore: async () => store,
      masterKeys: () => keys,
    });
  }

  /** What the release worker does so many hours from now. */
  async release(hours: number): Promise<void> {
    this.catalog.now = new Date(Date.now() + hours * 3_600_000);
    await new ReleaseWorker(this.catalog.ports, this.sealed(), ALWAYS, silentLogger).run();
  }
}
