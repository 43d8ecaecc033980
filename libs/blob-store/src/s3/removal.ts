import { createHash } from 'node:crypto';
import { Listing, type ObjectVersion, type OpenUpload } from './listing.js';
import { lacksRight, type Refused, refusalError } from './refusals.js';
import { isFailure, S3Failure } from './s3-failure.js';
import type { S3Wire } from './s3-wire.js';
import type { StoreTraits } from './traits.js';
import { VersionedBuckets } from './versioned-buckets.js';
import { decodeXml, elementsOf, encodeXml, textOf } from './xml.js';

/** S3 takes no more names in one request. */
const BATCH = 1_000;

/**
 * Removes for good: every version, every marker, every part of an upload. Absent is fine. That a bucket keeps versions it is told by the
 * bucket, or, where our keys may not ask that, by the marker that a delete leaves.
 */
export class Removal {
  readonly #listing: Listing;
  readonly #buckets: VersionedBuckets;

  constructor(
    private readonly wire: Pick<S3Wire, 'request'>,
    private readonly traits: StoreTraits,
  ) {
    this.#listing = new Listing(wire);
    this.#buckets = new VersionedBuckets(wire);
  }

  /**
   * Removes all whose name begins with `prefix`, but for the objects in `kept`, which are whole: what was begun of them besides goes, too.
   * Throws `BlobStoreUnavailable` when object lock forbids it, or our access key lacks a right.
   */
  async removeAll(bucket: string, prefix: string, { kept = NONE, known = [] }: Which = {}): Promise<void> {
    for await (const uploads of this.uploads(bucket, prefix)) {
      for (const { name, id } of uploads) await this.abort(bucket, name, id);
    }
    const unseen = new Set(known);
    const which = { kept, unseen };
    if (await this.#hasVersions(bucket, prefix)) {
      await this.#removeVersions(bucket, prefix, which);
      // Only a list tells ids of versions: another one may know more.
      if (unseen.size > 0) await this.#removeVersions(bucket, prefix, which);
      return;
    }
    const { markers } = await this.#removePages(bucket, this.#listing.objects(bucket, prefix), which);
    const late = await this.#removePages(bucket, [[...unseen].map((name) => ({ name }))], which);
    if (markers || late.markers) await this.#afterMarker(bucket, prefix, which);
  }

  async #hasVersions(bucket: string, prefix: string): Promise<boolean> {
    const versions = await this.#buckets.versionsOf(bucket);
    // Our keys may not ask: mostly they may list versions all the same, and find what is hidden, too.
    return versions === 'unknown' ? this.#seesVersions(bucket, prefix) : versions === 'kept';
  }

  /**
   * Removes one object by its whole name, without a listing: a client waits. Where the bucket keeps versions it is left to who removes the key, or tidies it.
   */
  async removeObject(bucket: string, name: string, signal?: AbortSignal): Promise<void> {
    if (this.#buckets.knowsOfVersions(bucket)) return;
    const markers = await this.wire.request({ method: 'DELETE', bucket, name, signal }).then(
      ({ headers }) => headers['x-amz-delete-marker'] === 'true',
      (error: unknown) => {
        if (!isFailure(error, 'NoSuchKey', 'NotFound')) throw error;
        return false;
      },
    );
    if (markers) this.#buckets.markerMade(bucket);
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

  /** What was deleted is only hidden: it, and what hides it, go now. */
  async #afterMarker(bucket: string, prefix: string, which: Progress): Promise<void> {
    this.#buckets.markerMade(bucket);
    await this.#removeVersions(bucket, prefix, which);
  }

  async #removeVersions(bucket: string, prefix: string, which: Progress): Promise<void> {
    try {
      await this.#removePages(bucket, this.#listing.versions(bucket, prefix), which);
    } catch (error) {
      const what = `list the versions of ${prefix} in the bucket ${bucket}, which keeps versions, so that they stay`;
      throw lacksRight(error, 's3:ListBucketVersions', what);
    }
  }

  /** In a bucket that never kept versions all have the id `null`, which only those may name who may delete versions. */
  async #seesVersions(bucket: string, prefix: string): Promise<boolean> {
    try {
      for await (const page of this.#listing.versions(bucket, prefix)) {
        if (page.some(({ versionId }) => versionId !== 'null')) return true;
      }
      return false;
    } catch (error) {
      if (isFailure(error, 'AccessDenied', 'NotImplemented', 'MethodNotAllowed')) return false;
      throw error;
    }
  }

  /** Removes all that may be removed before it fails with what may not. */
  async #removePages(
    bucket: string,
    pages: AsyncIterable<readonly ObjectVersion[]> | Iterable<readonly ObjectVersion[]>,
    { kept, unseen }: Progress,
  ): Promise<{ readonly markers: boolean }> {
    let refused: Refused | null = null;
    let markers = false;
    for await (const page of pages) {
      const doomed = page.filter(({ name }) => !kept.has(name));
      for (let at = 0; at < doomed.length; at += BATCH) {
        const removed = await this.#removeBatch(bucket, doomed.slice(at, at + BATCH));
        refused = added(refused, removed.refused);
        markers ||= removed.markers;
      }
      for (const { name } of page) unseen.delete(name);
    }
    if (refused) throw await refusalError(this.wire, bucket, refused);
    return { markers };
  }

  async #removeBatch(bucket: string, versions: readonly ObjectVersion[]): Promise<Removed> {
    // Only an answer that lists what was done tells of new markers; where versions are named none is made.
    const quiet = versions.every(({ versionId }) => versionId !== undefined);
    const listed = versions.map(
      ({ name, versionId }) =>
        `<Object><Key>${encodeXml(name)}</Key>` +
        `${versionId === undefined ? '' : `<VersionId>${encodeXml(versionId)}</VersionId>`}</Object>`,
    );
    const body = [Buffer.from(`<Delete><Quiet>${quiet}</Quiet>${listed.join('')}</Delete>`)];
    const headers = {
      'content-type': 'application/xml',
      // S3 demands it for this request.
      'content-md5': createHash('md5')
        .update(body[0] as Buffer)
        .digest('base64'),
    };
    const answer = await this.wire
      .request({ method: 'POST', bucket, query: { delete: '' }, headers, body })
      .catch((error: unknown) => {
        const what = `delete ${versions[0]?.name} in the bucket ${bucket}`;
        throw lacksRight(error, quiet ? 's3:DeleteObjectVersion' : 's3:DeleteObject', what);
      });
    return { refused: refusedIn(answer.text, bucket), markers: !quiet && hasMarkers(answer.text) };
  }
}

interface Which {
  /** Names of objects that stay. */
  readonly kept?: ReadonlySet<string>;
  /** Names that go also when the list does not have them, as one may that was made a moment too early. */
  readonly known?: readonly string[];
}

interface Progress {
  readonly kept: ReadonlySet<string>;
  /** Names of `known` that no list has told yet. */
  readonly unseen: Set<string>;
}

const NONE: ReadonlySet<string> = new Set();

interface Removed {
  readonly refused: Refused | null;
  /** Objects were only hidden: the bucket keeps versions. */
  readonly markers: boolean;
}

function added(before: Refused | null, more: Refused | null): Refused | null {
  if (!before || !more) return before ?? more;
  return { ...before, count: before.count + more.count };
}

function hasMarkers(answer: string): boolean {
  return [...elementsOf(answer, 'Deleted')].some((entry) => textOf(entry, 'DeleteMarker') === 'true');
}

/** Null when nothing was. Throws what is no refusal. */
function refusedIn(answer: string, bucket: string): Refused | null {
  let refused: Refused | null = null;
  for (const entry of elementsOf(answer, 'Error')) {
    const [code = '', message = '', name = '', versionId = ''] = ['Code', 'Message', 'Key', 'VersionId'].map((field) =>
      decodeXml(textOf(entry, field) ?? ''),
    );
    if (/^NoSuch(Key|Version)$/.test(code)) continue;
    // Object lock, perhaps: stores tell it by different words, and some by none.
    if (!/^(AccessDenied|ObjectLocked|InvalidRequest)$/.test(code)) {
      throw new S3Failure(code, message, 200, { bucket });
    }
    refused = added(refused, { name, versionId, count: 1 });
  }
  return refused;
}
