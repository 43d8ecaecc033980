import type { Client } from 'minio';
import type { Readable } from 'node:stream';
import { BlobCorrupt, BlobMissing } from '../errors.js';
import { slicesOf } from '../filesystem/slices.js';
import { assertKey } from '../keys.js';
import type {
  AppendOptions,
  Appended,
  BlobLocation,
  BlobStore,
  ByteRange,
  JsonObject,
  KeyLister,
  PresignRequest,
  Presigner,
  RecordOwner,
  RegistryPlaces,
  StoreIdentity,
  UnfinishedWrite,
  UnfinishedWrites,
  WriterState,
} from '../port.js';
import { Attempt, type AttemptTools } from './attempt.js';
import { readIdentity } from './bucket-identity.js';
import { BucketPerRegistry } from './bucket-per-registry.js';
import { listKeys, listUnfinished } from './key-listing.js';
import { statOf } from './look-again.js';
import { ObjectRequests } from './object-requests.js';
import { readSlices } from './objects-readable.js';
import { PieceMemory } from './piece-memory.js';
import type { Places } from './places.js';
import { EMPTY_OBJECT, nameOf, parseLocation, parseState, type S3Location, type S3Object } from './records.js';
import { Removal } from './removal.js';
import { onS3 } from './s3-errors.js';
import { type S3Options, type S3Settings, settingsOf } from './s3-options.js';
import { clientFor, S3Wire } from './s3-wire.js';
import { SharedBucket } from './shared-bucket.js';
import { splitTail } from './tail.js';
import { probe, traitsOf } from './traits.js';
import { Verified } from './verified.js';

/** Requests by which `commit` looks at objects at once. */
const LOOKS_AT_ONCE = 16;

/**
 * Keeps blobs as objects of an S3 API. Each append makes an object of its own, `<key>.<n>-<random>`, never renamed, copied or written
 * again; a state and a location list the objects in order. So overlapping attempts can't meet, and a commit costs the same whatever the size.
 */
export class S3BlobStore implements BlobStore, KeyLister, UnfinishedWrites, Presigner, RegistryPlaces, RecordOwner {
  readonly driver = 's3';
  readonly #verified = new Verified();
  readonly #signer: Client;

  private constructor(
    private readonly settings: S3Settings,
    private readonly tools: AttemptTools,
    private readonly places: Places,
  ) {
    this.#signer = clientFor(settings, settings.publicEndpoint);
  }

  /**
   * Throws `BlobStoreUnavailable` with one sentence when an option is wrong, or the store can't be reached, refuses the keys, or lacks the
   * bucket. Makes no bucket but the one that names the installation's, where each registry has its own.
   */
  static async open(options: S3Options): Promise<S3BlobStore> {
    const settings = settingsOf(options);
    const wire = new S3Wire(settings);
    const places: Places =
      settings.bucketPrefix === null
        ? new SharedBucket(settings.bucket as string, wire, () => removal)
        : new BucketPerRegistry(settings.bucketPrefix, settings.region, wire, () => removal);
    const traits = await onS3(async () => {
      await places.open();
      return traitsOf(wire, places.root);
    });
    wire.signsBodies = !traits.checksCrc32;
    const removal = new Removal(wire, traits);
    const memory = new PieceMemory(settings.partMemoryBytes, settings.giveUpMs);
    return new S3BlobStore(settings, { wire, traits, memory, removal }, places);
  }

  owns(record: JsonObject): boolean {
    return Array.isArray(record['objects']);
  }

  begin(key: string): Promise<WriterState> {
    return this.#at(key, async () => ({ objects: [] }));
  }

  async append(
    key: string,
    state: WriterState,
    bytes: Readable | AsyncIterable<Uint8Array>,
    options: AppendOptions,
  ): Promise<Appended> {
    return this.#at(key, async (bucket) => {
      const { kept, merged } = splitTail(parseState(state).objects);
      const before = merged.length === 0 ? null : () => this.#read(bucket, key, merged);
      const attempt = new Attempt(this.tools, { bucket, key, kept: kept.length, before }, options);
      const objects = await attempt.run(bytes);
      if (objects.length === 0) return { state, written: 0 };
      for (const { id } of objects) this.#verified.add(nameOf(key, id));
      return { state: { objects: [...kept, ...objects] }, written: attempt.written };
    });
  }

  /**
   * Looks at the objects, but for those that this process wrote within the last minute: losing one of them would be the store's breach of
   * its word, and the look would cost each push a round trip.
   */
  commit(key: string, state: WriterState): Promise<BlobLocation> {
    return this.#at(key, async (bucket) => {
      const { objects } = parseState(state);
      if (objects.length === 0) await this.#putEmpty(bucket, key);
      const location: S3Location = { key, objects: objects.length > 0 ? objects : [EMPTY_OBJECT] };
      await this.#verify(bucket, location);
      return location;
    });
  }

  tidy(location: BlobLocation): Promise<void> {
    return this.#of(location, async (bucket, { key, objects }) => {
      const kept = new Set(objects.map(({ id }) => nameOf(key, id)));
      await this.tools.removal.removeAll(bucket, `${key}.`, { kept });
    });
  }

  abort(key: string, state: WriterState | null): Promise<void> {
    return this.#at(key, (bucket) => this.#removeAll(bucket, key, state ? parseState(state).objects : []));
  }

  read(location: BlobLocation, range?: ByteRange): Promise<Readable> {
    return this.#of(location, async (bucket, { key, objects }) => {
      const stream = await this.#read(bucket, key, objects, range);
      // An object without bytes is not asked for any.
      if (objects.every(({ size }) => size === 0)) await this.#look(bucket, key, EMPTY_OBJECT);
      return stream;
    });
  }

  readState(key: string, state: WriterState): Promise<Readable> {
    return this.#at(key, async (bucket) => this.#read(bucket, key, parseState(state).objects));
  }

  delete(location: BlobLocation): Promise<void> {
    return this.#of(location, (bucket, { key, objects }) => this.#removeAll(bucket, key, objects));
  }

  deleteKey(key: string): Promise<void> {
    return this.#at(key, (bucket) => this.#removeAll(bucket, key, []));
  }

  checkWritable(): Promise<void> {
    return onS3(() => probe(this.tools.wire, this.places.root));
  }

  identity(): Promise<StoreIdentity | null> {
    return onS3(() => readIdentity(this.tools.wire, this.places.root));
  }

  writeIdentity(identity: StoreIdentity): Promise<void> {
    return onS3(() => this.places.writeIdentity(identity));
  }

  listKeys(prefix: string): AsyncIterable<string> {
    return listKeys(this.tools.wire, this.places, prefix);
  }

  listUnfinished(prefix: string): AsyncIterable<UnfinishedWrite> {
    return listUnfinished(this.tools.removal, this.places, prefix);
  }

  abortUnfinished({ key, id }: UnfinishedWrite): Promise<void> {
    return this.#at(key, async (bucket) => {
      const [name = '', uploadId = ''] = JSON.parse(id) as string[];
      if (!name.startsWith(`${key}.`)) throw new RangeError('an unfinished write of another key');
      await this.tools.removal.abort(bucket, name, uploadId);
    });
  }

  presignRead(
    location: BlobLocation,
    { expiresInSeconds, contentType, contentDisposition }: PresignRequest,
  ): Promise<string | null> {
    return this.#of(location, async (bucket, { key, objects }) => {
      const [object] = objects;
      if (!object || objects.length > 1) return null;
      const headers = { 'response-content-type': contentType, 'response-content-disposition': contentDisposition };
      return this.#signer.presignedGetObject(bucket, nameOf(key, object.id), expiresInSeconds, headers);
    });
  }

  prepareRegistry(registryId: string): Promise<void> {
    return onS3(() => this.places.prepareRegistry(registryId));
  }

  removeRegistry(registryId: string): Promise<void> {
    return onS3(() => this.places.removeRegistry(registryId));
  }

  #read(bucket: string, key: string, objects: readonly S3Object[], range?: ByteRange): Promise<Readable> {
    const sizes = new Map(objects.map(({ id, size }) => [id, size]));
    const slices = slicesOf(objects, ({ id }) => id, range).map(({ path: id, start, length }) => {
      return { bucket, key, name: nameOf(key, id), size: sizes.get(id) ?? 0, start, length };
    });
    return readSlices(
      this.tools.wire,
      slices.filter(({ length }) => length > 0),
    );
  }

  async #putEmpty(bucket: string, key: string): Promise<void> {
    const { wire, traits } = this.tools;
    await new ObjectRequests(wire, traits, bucket, nameOf(key, EMPTY_OBJECT.id), undefined).put([]);
  }

  async #verify(bucket: string, { key, objects }: S3Location): Promise<void> {
    const unseen = objects.filter(({ id }) => !this.#verified.has(nameOf(key, id)));
    for (let at = 0; at < unseen.length; at += LOOKS_AT_ONCE) {
      await Promise.all(unseen.slice(at, at + LOOKS_AT_ONCE).map((object) => this.#look(bucket, key, object)));
    }
  }

  async #look(bucket: string, key: string, { id, size }: S3Object): Promise<void> {
    const facts = await statOf(this.tools.wire, bucket, nameOf(key, id), size);
    if (!facts) throw new BlobMissing(key);
    if (facts.size !== size) throw new BlobCorrupt(key, `object ${id} has ${facts.size} bytes instead of ${size}`);
    this.#verified.add(nameOf(key, id));
  }

  async #removeAll(bucket: string, key: string, objects: readonly S3Object[]): Promise<void> {
    this.#verified.forget(`${key}.`);
    const known = objects.map(({ id }) => nameOf(key, id));
    await this.tools.removal.removeAll(bucket, `${key}.`, { known });
  }

  async #at<T>(key: string, operation: (bucket: string) => Promise<T>): Promise<T> {
    assertKey(key);
    return onS3(async () => operation(await this.places.bucketFor(key)));
  }

  async #of<T>(location: BlobLocation, operation: (bucket: string, parsed: S3Location) => Promise<T>): Promise<T> {
    const parsed = parseLocation(location);
    return onS3(async () => operation(await this.places.bucketFor(parsed.key), parsed));
  }
}
