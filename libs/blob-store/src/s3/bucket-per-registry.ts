import { registryPrefix } from '../keys.js';
import type { StoreIdentity } from '../port.js';
import { readIdentity, writeIdentity } from './bucket-identity.js';
import { isEmptyBucket, listBuckets, makeBucket, removeBucket, strangeBucket } from './buckets.js';
import type { Places } from './places.js';
import type { Removal } from './removal.js';
import { isFailure } from './s3-failure.js';
import { isBucketName } from './s3-options.js';
import type { S3Wire } from './s3-wire.js';

// An entry has about 200 bytes; a forgotten bucket costs two requests when it is next used.
const MAX_KNOWN = 10_000;
/** What a bucket answers that our keys may not look into, that is in another region, or that is gone. */
const NOT_OURS = ['AccessDenied', 'AllAccessDisabled', 'PermanentRedirect', 'NoSuchBucket'] as const;

/**
 * A bucket of its own for each registry, so that a registry can have its own lifecycle, quota or key at the store, and one more that says
 * whose store this is. Each bucket carries the installation's identity, and none of another installation is used.
 */
export class BucketPerRegistry implements Places {
  readonly root: string;
  readonly #known = new Map<string, Promise<void>>();

  constructor(
    private readonly prefix: string,
    private readonly region: string,
    private readonly wire: S3Wire,
    private readonly removal: () => Removal,
  ) {
    this.root = prefix.slice(0, -1);
  }

  async open(): Promise<void> {
    await makeBucket(this.wire, this.root, this.region);
  }

  async bucketFor(key: string): Promise<string> {
    const registryId = /^registries\/([^/]+)\//.exec(key)?.[1];
    if (registryId === undefined) return this.root;
    const bucket = this.#name(registryId);
    await this.#assertOurs(bucket);
    return bucket;
  }

  async bucketsFor(prefix: string, skip?: (bucket: string, error: unknown) => void): Promise<string[]> {
    const all = await listBuckets(this.wire, this.prefix);
    const registryId = /^registries\/([^/]+)\//.exec(prefix)?.[1];
    const found = registryId === undefined ? all : all.filter((bucket) => bucket === `${this.prefix}${registryId}`);
    const ours: string[] = [];
    for (const bucket of found) if (await this.#isOurs(bucket, skip)) ours.push(bucket);
    return registryId === undefined ? [this.root, ...ours] : ours;
  }

  async writeIdentity(identity: StoreIdentity): Promise<void> {
    // Those that are ours by the old identity; the store's own last, so that a crash in between leaves it to be done again.
    const buckets = (await this.bucketsFor('')).slice(1);
    // Without an old one a bucket of anybody may begin with our prefix: ours is told by what is in it, and an empty one by its registry's row.
    const strange = (await readIdentity(this.wire, this.root)) === null;
    for (const bucket of buckets.toReversed()) {
      if (strange && (await isEmptyBucket(this.wire, bucket, 'registries/'))) continue;
      await writeIdentity(this.wire, bucket, identity);
    }
    await writeIdentity(this.wire, this.root, identity);
    this.#known.clear();
  }

  async prepareRegistry(registryId: string): Promise<void> {
    const bucket = this.#name(registryId);
    await makeBucket(this.wire, bucket, this.region);
    const ours = await readIdentity(this.wire, this.root);
    if (!ours) return;
    // Another replica may write the record between two looks: it is read last.
    const empty = await isEmptyBucket(this.wire, bucket);
    const theirs = await readIdentity(this.wire, bucket);
    if (theirs?.installation === ours.installation) return;
    if (theirs) throw strangeBucket(bucket, 'belongs to another installation');
    if (!empty) throw strangeBucket(bucket, 'holds what is not ours');
    await writeIdentity(this.wire, bucket, ours);
    this.#known.delete(bucket);
  }

  async removeRegistry(registryId: string): Promise<void> {
    const bucket = this.#name(registryId);
    try {
      // What an earlier call has emptied has no record any more.
      if (!(await isEmptyBucket(this.wire, bucket))) await this.#check(bucket);
      // The identity last: without it a second call would not know that the bucket is ours.
      await this.removal().removeAll(bucket, 'registries/');
      await this.removal().removeAll(bucket, '');
    } catch (error) {
      if (!isFailure(error, 'NoSuchBucket')) throw error;
    }
    await removeBucket(this.wire, bucket);
    this.#known.delete(bucket);
  }

  #name(registryId: string): string {
    registryPrefix(registryId);
    const name = `${this.prefix}${registryId}`;
    if (!isBucketName(name)) throw new RangeError(`too long for the name of a bucket: ${name}`);
    return name;
  }

  /** Asks the store once for each bucket. */
  #assertOurs(bucket: string): Promise<void> {
    const known = this.#known.get(bucket);
    if (known) return known;
    const checked = this.#check(bucket);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(bucket, checked);
    checked.catch(() => this.#known.delete(bucket));
    return checked;
  }

  async #check(bucket: string): Promise<void> {
    const [ours, theirs] = await Promise.all([this.root, bucket].map((name) => readIdentity(this.wire, name)));
    if (ours?.installation === theirs?.installation) return;
    throw strangeBucket(bucket, theirs ? 'belongs to another installation' : 'has no record of whose it is');
  }

  async #isOurs(bucket: string, skip?: (bucket: string, error: unknown) => void): Promise<boolean> {
    return this.#assertOurs(bucket).then(
      () => true,
      (error: unknown) => {
        // Others' buckets may begin with our prefix, too, and one of a registry may be removed while we look.
        if (!isFailure(error) || isFailure(error, ...NOT_OURS)) return false;
        if (!skip) throw error;
        skip(bucket, error);
        return false;
      },
    );
  }
}
