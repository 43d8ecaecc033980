import { createHash } from 'node:crypto';
import { BlobStoreUnavailable } from '../errors.js';
import { Listing, type ObjectVersion, type OpenUpload } from './listing.js';
import { isFailure, S3Failure } from './s3-failure.js';
import type { S3Wire } from './s3-wire.js';
import type { StoreTraits } from './traits.js';
import { decodeXml, elementsOf, encodeXml, textOf } from './xml.js';

/** S3 takes no more names in one request. */
const BATCH = 1_000;
// Buckets of an installation with a bucket per registry; forgotten ones cost one request.
const MAX_KNOWN = 10_000;

/** Removes for good: every version, every marker, every part of an upload. Absent is fine. */
export class Removal {
  readonly #listing: Listing;
  readonly #versioned = new Map<string, boolean>();

  constructor(
    private readonly wire: S3Wire,
    private readonly traits: StoreTraits,
  ) {
    this.#listing = new Listing(wire);
  }

  /** Removes all whose name begins with `prefix`, but for the names in `kept`. Throws `BlobStoreUnavailable` when object lock forbids it. */
  async removeAll(bucket: string, prefix: string, kept: ReadonlySet<string> = new Set()): Promise<void> {
    for await (const uploads of this.uploads(bucket, prefix)) {
      for (const { name, id } of uploads) if (!kept.has(name)) await this.abort(bucket, name, id);
    }
    await this.#removeObjects(bucket, prefix, kept);
  }

  /**
   * Removes one object by its whole name, without a listing: a client waits. Where the bucket keeps versions it is left to who removes the key, or tidies it.
   */
  async removeObject(bucket: string, name: string, signal?: AbortSignal): Promise<void> {
    if (await this.#hasVersions(bucket)) return;
    await this.wire.request({ method: 'DELETE', bucket, name, signal }).catch((error: unknown) => {
      if (!isFailure(error, 'NoSuchKey', 'NotFound')) throw error;
    });
  }

  async #removeObjects(bucket: string, prefix: string, kept: ReadonlySet<string>, signal?: AbortSignal): Promise<void> {
    const pages = (await this.#hasVersions(bucket))
      ? this.#listing.versions(bucket, prefix, signal)
      : this.#listing.objects(bucket, prefix, signal);
    let locked: Locked | null = null;
    for await (const page of pages) {
      const doomed = page.filter(({ name }) => !kept.has(name));
      for (let at = 0; at < doomed.length; at += BATCH) {
        locked = (await this.#removeBatch(bucket, doomed.slice(at, at + BATCH))) ?? locked;
      }
    }
    if (locked) throw await this.#lockedError(bucket, locked);
  }

  /** Uploads in parts of names that begin with `prefix`. */
  async *uploads(bucket: string, prefix: string): AsyncGenerator<OpenUpload[]> {
    const asked = this.traits.listsUploadsByPrefix ? prefix : '';
    for await (const page of this.#listing.uploads(bucket, asked)) {
      yield page.filter(({ name }) => name.startsWith(prefix));
    }
  }

  async abort(bucket: string, name: string, uploadId: string): Promise<void> {
    await this.wire.request({ method: 'DELETE', bucket, name, query: { uploadId } }).catch((error: unknown) => {
      if (!isFailure(error, 'NoSuchUpload', 'NoSuchKey', 'NotFound')) throw error;
    });
  }

  async #hasVersions(bucket: string): Promise<boolean> {
    const known = this.#versioned.get(bucket);
    if (known !== undefined) return known;
    const versioned = await this.wire.request({ method: 'GET', bucket, query: { versioning: '' } }).then(
      // Suspended ones still keep what they have.
      ({ text }) => /^(Enabled|Suspended)$/.test(textOf(text, 'Status') ?? ''),
      (error: unknown) => {
        if (isFailure(error, 'AccessDenied', 'NotImplemented', 'MethodNotAllowed')) return false;
        throw error;
      },
    );
    if (this.#versioned.size >= MAX_KNOWN) this.#versioned.clear();
    this.#versioned.set(bucket, versioned);
    return versioned;
  }

  /** Answers one of those that object lock keeps, or null. */
  async #removeBatch(bucket: string, versions: readonly ObjectVersion[]): Promise<Locked | null> {
    if (versions.length === 0) return null;
    const listed = versions.map(
      ({ name, versionId }) =>
        `<Object><Key>${encodeXml(name)}</Key>` +
        `${versionId === undefined ? '' : `<VersionId>${encodeXml(versionId)}</VersionId>`}</Object>`,
    );
    const body = [Buffer.from(`<Delete><Quiet>true</Quiet>${listed.join('')}</Delete>`)];
    const headers = {
      'content-type': 'application/xml',
      // S3 demands it for this request.
      'content-md5': createHash('md5')
        .update(body[0] as Buffer)
        .digest('base64'),
    };
    const { text } = await this.wire.request({ method: 'POST', bucket, query: { delete: '' }, headers, body });
    let locked: Locked | null = null;
    for (const entry of elementsOf(text, 'Error')) {
      const [code = '', message = '', name = '', versionId = ''] = ['Code', 'Message', 'Key', 'VersionId'].map(
        (field) => decodeXml(textOf(entry, field) ?? ''),
      );
      if (/^NoSuch(Key|Version)$/.test(code)) continue;
      // Object lock, perhaps: stores tell it by different words, and some by none.
      if (!/^(AccessDenied|ObjectLocked|InvalidRequest)$/.test(code))
        throw new S3Failure(code, message, 200, { bucket });
      locked ??= { name, versionId, count: 0 };
      locked.count++;
    }
    return locked;
  }

  /** The error that says what object lock keeps, and until when; or that it is not the lock. */
  async #lockedError(bucket: string, { name, versionId, count }: Locked): Promise<Error> {
    const ask = (what: string, field: string): Promise<string | null> => {
      const query = { [what]: '', ...(versionId ? { versionId } : {}) };
      return this.wire.request({ method: 'GET', bucket, name, query }).then(
        ({ text }) => textOf(text, field),
        () => null,
      );
    };
    const until = await ask('retention', 'RetainUntilDate');
    const term = until ? `until ${until}` : (await ask('legal-hold', 'Status')) === 'ON' ? 'by a legal hold' : null;
    if (!term) return new S3Failure('AccessDenied', 'a version may not be deleted', 200, { bucket });
    const others = count > 1 ? ` and ${count - 1} more` : '';
    const what = `object lock keeps version ${versionId} of ${name} in the bucket ${bucket} ${term}${others}`;
    return new BlobStoreUnavailable(`${what}: it can't be deleted before`, false);
  }
}

interface Locked {
  readonly name: string;
  readonly versionId: string;
  count: number;
}
