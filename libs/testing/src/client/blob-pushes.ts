import type { Content } from '../images/content.js';
import type { RawReply } from './raw-request.js';
import type { RegistryClient } from './registry-client.js';

/** Every way to push a blob whose bytes travel. Mounts are apart. */
export const BLOB_PUSHES = [
  'single-post',
  'post-put',
  'one-chunk',
  'stream',
  'stream-of-unknown-length',
  'chunks',
  'chunks-last-in-put',
] as const;

export type BlobPush = (typeof BLOB_PUSHES)[number];

/** Pushes a blob in one of the ways; resolves to the answer that ended it, or to the first refusal. */
export async function pushBlob(
  client: RegistryClient,
  name: string,
  { bytes, digest }: Content,
  how: BlobPush = 'post-put',
): Promise<RawReply> {
  if (how === 'single-post') return client.post(`/v2/${name}/blobs/uploads/?digest=${digest}`, bytes, OCTETS);
  const opened = await openUpload(client, name, digest);
  if (opened.status !== 202) return opened;
  const session = new UploadSession(client, opened);
  return FLOWS[how](session, bytes, digest);
}

const OCTETS = { 'content-type': 'application/octet-stream' };

/** end-4a; for sha512 end-4c, so that the right digest runs from the first byte. */
export function openUpload(client: RegistryClient, name: string, digest = 'sha256:'): Promise<RawReply> {
  const query = digest.startsWith('sha512:') ? '?digest-algorithm=sha512' : '';
  return client.post(`/v2/${name}/blobs/uploads/${query}`);
}

/** An upload under way; always follows the newest `Location`. */
export class UploadSession {
  location: string;
  offset = 0;

  constructor(
    private readonly client: RegistryClient,
    opened: RawReply,
  ) {
    this.location = locationOf(opened);
  }

  /** A chunk with `Content-Range`, behind what was accepted. */
  async chunk(bytes: Buffer, start = this.offset): Promise<RawReply> {
    const headers = { ...OCTETS, 'content-range': `${start}-${start + bytes.length - 1}` };
    return this.#took(await this.client.patch(this.location, bytes, headers), bytes.length);
  }

  /** The stream that docker sends: no `Content-Range`. */
  async stream(body: Buffer | Iterable<Buffer>): Promise<RawReply> {
    return this.#took(await this.client.patch(this.location, body, OCTETS), 0);
  }

  /** Ends the session, with the last bytes or none. */
  end(digest: string, last?: Buffer): Promise<RawReply> {
    const range = last && this.offset > 0 ? { 'content-range': `${this.offset}-${this.offset + last.length - 1}` } : {};
    return this.client.put(withQuery(this.location, `digest=${encodeURIComponent(digest)}`), last, {
      ...OCTETS,
      ...range,
    });
  }

  status(): Promise<RawReply> {
    return this.client.get(this.location);
  }

  cancel(): Promise<RawReply> {
    return this.client.delete(this.location);
  }

  #took(reply: RawReply, length: number): RawReply {
    if (reply.status !== 202) return reply;
    this.location = locationOf(reply);
    this.offset += length;
    return reply;
  }
}

type Flow = (session: UploadSession, bytes: Buffer, digest: string) => Promise<RawReply>;

const FLOWS: Record<Exclude<BlobPush, 'single-post'>, Flow> = {
  'post-put': (session, bytes, digest) => session.end(digest, bytes),
  'one-chunk': (session, bytes, digest) => inChunks(session, bytes, digest, [bytes.length]),
  stream: async (session, bytes, digest) => refusedOr(await session.stream(bytes), () => session.end(digest)),
  'stream-of-unknown-length': async (session, bytes, digest) =>
    refusedOr(await session.stream(slices(bytes, 3)), () => session.end(digest)),
  chunks: (session, bytes, digest) => inChunks(session, bytes, digest, thirds(bytes.length)),
  'chunks-last-in-put': async (session, bytes, digest) => {
    const [first, second] = thirds(bytes.length) as [number, number, number];
    for (const [start, length] of [
      [0, first],
      [first, second],
    ] as const) {
      const reply = await session.chunk(bytes.subarray(start, start + length));
      if (reply.status !== 202) return reply;
    }
    return session.end(digest, bytes.subarray(first + second));
  },
};

async function inChunks(session: UploadSession, bytes: Buffer, digest: string, lengths: number[]): Promise<RawReply> {
  let start = 0;
  for (const length of lengths) {
    const reply = await session.chunk(bytes.subarray(start, start + length));
    if (reply.status !== 202) return reply;
    start += length;
  }
  return session.end(digest);
}

function thirds(length: number): [number, number, number] {
  const third = Math.floor(length / 3);
  return [third, third, length - 2 * third];
}

function* slices(bytes: Buffer, count: number): Iterable<Buffer> {
  const size = Math.max(1, Math.ceil(bytes.length / count));
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function refusedOr(reply: RawReply, then: () => Promise<RawReply>): RawReply | Promise<RawReply> {
  return reply.status === 202 ? then() : reply;
}

/** The path and query of `Location`, which may be absolute or relative. */
export function locationOf(reply: RawReply): string {
  const location = reply.header('location');
  if (location === undefined) throw new Error(`no Location in the ${reply.status} answer: ${reply.text}`);
  if (location.startsWith('/')) return location;
  const { pathname, search } = new URL(location);
  return pathname + search;
}

export function withQuery(location: string, query: string): string {
  return location + (location.includes('?') ? '&' : '?') + query;
}
