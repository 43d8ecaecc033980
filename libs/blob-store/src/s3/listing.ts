import { S3Failure } from './s3-failure.js';
import type { S3Request, S3Wire } from './s3-wire.js';
import { decodeXml, elementsOf, textOf } from './xml.js';

/** A version of an object, or a marker that hides older ones. On buckets without versions each object is one with the id `null`. */
export interface ObjectVersion {
  readonly name: string;
  /** Undefined where the bucket has no versions. */
  readonly versionId?: string;
}

export interface OpenUpload {
  readonly name: string;
  readonly id: string;
  readonly startedAt: Date;
}

/** Pages of listings. Only background work lists: pages cost money and time. */
export class Listing {
  constructor(private readonly wire: Pick<S3Wire, 'request'>) {}

  async *objects(bucket: string, prefix: string): AsyncGenerator<ObjectVersion[]> {
    const first = { 'list-type': 2, prefix };
    yield* this.#pages({ method: 'GET', bucket, query: first }, (page) => ({
      items: [...elementsOf(page, 'Contents')].map((entry) => ({ name: field(entry, 'Key') })),
      next: { 'continuation-token': field(page, 'NextContinuationToken') },
    }));
  }

  async *versions(bucket: string, prefix: string): AsyncGenerator<ObjectVersion[]> {
    const first = { versions: '', prefix };
    yield* this.#pages({ method: 'GET', bucket, query: first }, (page) => {
      const entries = ['Version', 'DeleteMarker'].flatMap((kind) => [...elementsOf(page, kind)]);
      const items = entries.map((entry) => ({ name: field(entry, 'Key'), versionId: field(entry, 'VersionId') }));
      const next = {
        'key-marker': field(page, 'NextKeyMarker'),
        'version-id-marker': field(page, 'NextVersionIdMarker'),
      };
      return { items, next };
    });
  }

  async *uploads(bucket: string, prefix: string): AsyncGenerator<OpenUpload[]> {
    const first = { uploads: '', prefix };
    yield* this.#pages({ method: 'GET', bucket, query: first }, (page) => {
      const items = [...elementsOf(page, 'Upload')].map((entry) => ({
        name: field(entry, 'Key'),
        id: field(entry, 'UploadId'),
        startedAt: new Date(field(entry, 'Initiated')),
      }));
      const next = {
        'key-marker': field(page, 'NextKeyMarker'),
        'upload-id-marker': field(page, 'NextUploadIdMarker'),
      };
      return { items, next };
    });
  }

  async *#pages<T>(request: S3Request, parse: (page: string) => Page<T>): AsyncGenerator<T[]> {
    let query = request.query;
    for (;;) {
      const { text } = await this.wire.request({ ...request, ...(query ? { query } : {}) });
      const { items, next } = parse(text);
      if (items.length > 0) yield items;
      if (textOf(text, 'IsTruncated') !== 'true') return;
      const given = Object.entries(next).filter(([, value]) => value !== '');
      if (given.length === 0) throw new S3Failure('WrongAnswer', 'a page of a listing without its end');
      query = { ...request.query, ...Object.fromEntries(given) };
    }
  }
}

interface Page<T> {
  readonly items: T[];
  readonly next: Readonly<Record<string, string>>;
}

function field(xml: string, name: string): string {
  return decodeXml(textOf(xml, name) ?? '');
}
