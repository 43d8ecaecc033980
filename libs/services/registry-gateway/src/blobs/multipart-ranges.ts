import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobReader, JsonObject } from '@entrepot/blob-store';
import type { ByteSpan } from '@entrepot/oci';
import type { Answer } from '../plane/answer.js';

/** 206 `multipart/byteranges` (RFC 9110 §14.6): each span is read only when the one before has been sent. */
export function multipartRanges(
  blobs: BlobReader,
  location: JsonObject,
  spans: readonly ByteSpan[],
  size: number,
  headers: Answer['headers'],
): Answer {
  const boundary = randomUUID();
  const parts = spans.map((span) => ({ span, head: partHead(boundary, span, size) }));
  const tail = `\r\n--${boundary}--\r\n`;
  const length = parts.reduce((sum, { span, head }) => sum + head.length + span.end - span.start + 1, tail.length);
  async function* bytes() {
    for (const { span, head } of parts) {
      yield Buffer.from(head, 'latin1');
      yield* await blobs.read(location, span);
    }
    yield Buffer.from(tail, 'latin1');
  }
  const type = { 'content-type': `multipart/byteranges; boundary=${boundary}`, 'content-length': length };
  return { status: 206, headers: { ...headers, ...type }, body: Readable.from(bytes(), { objectMode: false }) };
}

function partHead(boundary: string, { start, end }: ByteSpan, size: number): string {
  return `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${start}-${end}/${size}\r\n\r\n`;
}
