import type { IncomingHttpHeaders } from 'node:http';
import { crc32Of } from './checksum.js';
import { statOf } from './look-again.js';
import { isFailure, S3Failure } from './s3-failure.js';
import type { S3Answer, S3Wire } from './s3-wire.js';
import type { StoreTraits } from './traits.js';
import { decodeXml, encodeXml, textOf } from './xml.js';

/** A part that the store has taken. */
export interface SentPart {
  readonly number: number;
  readonly etag: string;
  readonly crc32: string | null;
}

/** The requests by which one object comes to be. Each may be sent twice: the name is nobody else's. */
export class ObjectRequests {
  constructor(
    private readonly wire: S3Wire,
    private readonly traits: StoreTraits,
    readonly bucket: string,
    readonly name: string,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async put(body: readonly Buffer[]): Promise<void> {
    const { headers, crc32 } = this.#checksum(body);
    const { bucket, name, signal } = this;
    const check = (answer: S3Answer): void => void this.#compare(answer.headers, crc32);
    await this.wire.request({ method: 'PUT', bucket, name, headers, body, signal, finishes: true, check });
  }

  /** Begins an upload in parts and tells its id. */
  async begin(): Promise<string> {
    const { bucket, name, signal } = this;
    const headers: Record<string, string> = this.traits.checksCrc32 ? { 'x-amz-checksum-algorithm': 'CRC32' } : {};
    const query = { uploads: '' };
    const { text } = await this.wire.request({ method: 'POST', bucket, name, query, headers, signal, finishes: true });
    const id = textOf(text, 'UploadId');
    if (!id) throw new S3Failure('WrongAnswer', 'an upload without an id', 200, { bucket });
    return decodeXml(id);
  }

  async putPart(uploadId: string, number: number, body: readonly Buffer[]): Promise<SentPart> {
    const { headers, crc32 } = this.#checksum(body);
    const { bucket, name, signal } = this;
    const query = { partNumber: number, uploadId };
    const check = (answer: S3Answer): void => void this.#compare(answer.headers, crc32);
    const answer = await this.wire.request({ method: 'PUT', bucket, name, query, headers, body, signal, check });
    return { number, etag: answer.headers.etag ?? '', crc32 };
  }

  /** Makes the object of its parts. `size`: what it must have then. */
  async complete(uploadId: string, parts: readonly SentPart[], size: number): Promise<void> {
    const { bucket, name, signal } = this;
    const listed = parts.map(
      ({ number, etag, crc32 }) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${encodeXml(etag)}</ETag>` +
        `${crc32 ? `<ChecksumCRC32>${crc32}</ChecksumCRC32>` : ''}</Part>`,
    );
    const xmlns = 'http://s3.amazonaws.com/doc/2006-03-01/';
    const text = `<CompleteMultipartUpload xmlns="${xmlns}">${listed.join('')}</CompleteMultipartUpload>`;
    const body = [Buffer.from(text)];
    const headers = { 'content-type': 'application/xml' };
    await this.wire
      .request({ method: 'POST', bucket, name, query: { uploadId }, headers, body, signal })
      .catch((error: unknown) => {
        // An earlier try may have done it, and only its answer been lost: the size tells.
        if (!isFailure(error, 'NoSuchUpload')) throw error;
      });
    const facts = await statOf(this.wire, bucket, name, size, signal);
    if (facts?.size === size) return;
    throw new S3Failure('NoSuchUpload', `${facts?.size ?? 'no'} bytes instead of ${size}`, 200, { bucket });
  }

  async abort(uploadId: string): Promise<void> {
    const { bucket, name, signal } = this;
    await this.wire.request({ method: 'DELETE', bucket, name, query: { uploadId }, signal }).catch((error: unknown) => {
      if (!isFailure(error, 'NoSuchUpload', 'NoSuchKey', 'NotFound')) throw error;
    });
  }

  #checksum(body: readonly Buffer[]): { headers: Record<string, string>; crc32: string | null } {
    if (!this.traits.checksCrc32) return { headers: {}, crc32: null };
    const crc32 = crc32Of(body);
    return { headers: { 'x-amz-checksum-crc32': crc32 }, crc32 };
  }

  /** What the store says it has must be what we sent. */
  #compare(headers: IncomingHttpHeaders, crc32: string | null): void {
    const theirs = headers['x-amz-checksum-crc32'];
    const { bucket } = this;
    if (crc32 !== null && theirs !== undefined && theirs !== crc32) {
      throw new S3Failure('BadDigest', `the store has CRC-32 ${String(theirs)} instead of ${crc32}`, 200, { bucket });
    }
    if (!headers.etag) throw new S3Failure('WrongAnswer', 'a part without an ETag', 200, { bucket });
  }
}
