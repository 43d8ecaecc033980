import { createHash } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { Client } from 'minio';
import { isFailure, S3Failure } from './s3-failure.js';
import type { S3Settings } from './s3-options.js';
import { type Patience, patiently } from './retry.js';
import { bodyOf, inContext, transportFor } from './transport.js';
import { decodeXml, textOf } from './xml.js';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Absent for the list of buckets. */
  readonly bucket?: string;
  /** Of the object; absent for requests about the bucket. */
  readonly name?: string;
  /** Values are escaped here. */
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent again as it is when the request is tried again: it must not change meanwhile. */
  readonly body?: readonly Buffer[];
  readonly signal?: AbortSignal | undefined;
  /** The signal ends tries and pauses, but not a request that is under way: for those whose outcome must be known. */
  readonly finishes?: true;
  /** Throws an `S3Failure` when the answer can't be right: then the request is tried again, if that code is worth it. */
  readonly check?: (answer: S3Answer) => void;
}

/** What a finished request answered. */
export interface S3Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Facts about one object. */
export interface ObjectFacts {
  readonly size: number;
  readonly etag: string | undefined;
}

// A page of a thousand versions has about half a megabyte.
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Signed requests to one S3 endpoint. All methods fail with `S3Failure`, or with the reason of their signal. */
export class S3Wire {
  readonly #client: Client;
  readonly #region: string;

  constructor(private readonly settings: S3Settings) {
    this.#client = clientFor(settings, settings.endpoint);
    // By default the client signs bodies on plain HTTP only.
    this.#client.enableSHA256 = true;
    this.#region = settings.region;
  }

  get patience(): Patience {
    return this.settings;
  }

  get silenceMs(): number {
    return this.settings.silenceMs;
  }

  /**
   * Whether bodies are signed with their SHA-256, which every store checks and which costs much, rather than sent with a CRC-32. Signed
   * until the store has shown that it checks the other (see `traits.ts`).
   */
  set signsBodies(value: boolean) {
    this.#client.enableSHA256 = value;
  }

  /** Sends once. Resolves when the headers are there; the caller reads the body, or destroys it. */
  async send({
    method,
    bucket,
    name,
    query,
    headers,
    body = [],
    signal: given,
    finishes,
  }: S3Request): Promise<IncomingMessage> {
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    const options = {
      method,
      ...(bucket === undefined ? {} : { bucketName: bucket }),
      ...(name === undefined ? {} : { objectName: name }),
      ...(query ? { query: queryOf(query) } : {}),
      headers: { ...headers, ...(method === 'GET' || method === 'HEAD' ? {} : { 'content-length': String(length) }) },
    };
    const sha256 = this.#client.enableSHA256 ? sha256Of(body) : '';
    const payload = body.length > 1 ? Readable.from(body, { objectMode: false }) : (body[0] ?? '');
    given?.throwIfAborted();
    const signal = finishes ? undefined : given;
    try {
      return await inContext({ silenceMs: this.settings.silenceMs, signal }, () =>
        this.#client.makeRequestStreamAsync(options, payload, sha256, [200, 204, 206], this.#region),
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw asFailure(error, bucket);
    }
  }

  /** Sends until it is answered (see `patiently`) and reads the whole answer. Only for what may be done twice. */
  request(request: S3Request, patience = this.patience): Promise<S3Answer> {
    return patiently(patience, () => this.requestOnce(request), request.signal);
  }

  async requestOnce(request: S3Request): Promise<S3Answer> {
    const answer = await this.send(request);
    const text = (await bodyOf(answer, MAX_BODY_BYTES, this.silenceMs)).toString('utf8');
    // Some operations take so long that their 200 is sent before the store knows how they end.
    const code = text.includes('<Error>') ? textOf(text, 'Code') : null;
    if (code && request.method === 'POST' && request.name !== undefined) {
      const message = decodeXml(textOf(text, 'Message') ?? '');
      throw new S3Failure(decodeXml(code), message, 500, { bucket: request.bucket });
    }
    const whole = { status: answer.statusCode ?? 0, headers: answer.headers, text };
    request.check?.(whole);
    return whole;
  }

  /** Null when there is no such object. */
  async stat(bucket: string, name: string, signal?: AbortSignal): Promise<ObjectFacts | null> {
    try {
      const { headers } = await this.request({ method: 'HEAD', bucket, name, signal });
      return { size: Number(headers['content-length']), etag: headers.etag };
    } catch (error) {
      if (!isFailure(error, 'NotFound', 'NoSuchKey')) throw error;
      await this.assertBucket(bucket, name, signal);
      return null;
    }
  }

  /** An answer to HEAD can't say whether the object or its bucket is absent, nor whether it is the store that answers. */
  private async assertBucket(bucket: string, name: string, signal?: AbortSignal): Promise<void> {
    const range = 'bytes=0-0';
    await this.request({ method: 'GET', bucket, name, headers: { range }, signal }).catch((error: unknown) => {
      if (!isFailure(error, 'NoSuchKey', 'InvalidRange')) throw error;
    });
  }
}

/** A client whose requests go through our transport. */
export function clientFor(settings: S3Settings, endpoint: URL): Client {
  const useSSL = endpoint.protocol === 'https:';
  const { Agent } = useSSL ? https : http;
  return new Client({
    endPoint: endpoint.hostname,
    port: Number(endpoint.port || (useSSL ? 443 : 80)),
    useSSL,
    accessKey: settings.accessKey,
    secretKey: settings.secretKey,
    region: settings.region,
    pathStyle: settings.pathStyle,
    transport: transportFor(endpoint.protocol) as never,
    // Idle connections end before those of common stores and balancers (60 s), so that few requests meet a closed one.
    transportAgent: new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 45_000 }),
    retryOptions: { disableRetry: true },
  });
}

function sha256Of(body: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const piece of body) hash.update(piece);
  return hash.digest('hex');
}

function queryOf(query: Readonly<Record<string, string | number>>): string {
  return Object.entries(query)
    .map(([name, value]) => (value === '' ? name : `${name}=${escape(String(value))}`))
    .join('&');
}

// As signatures want it: RFC 3986's unreserved characters and nothing else stay as they are.
function escape(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function asFailure(error: unknown, bucket: string | undefined): S3Failure {
  if (error instanceof S3Failure) {
    const { code, message, status, requestId, serverDate } = error;
    return new S3Failure(code, message, status, { bucket, requestId, serverDate, cause: error.cause });
  }
  const { message = String(error), code } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  return new S3Failure('Unreachable', code && !message.includes(code) ? `${code}: ${message}` : message, 0, {
    bucket,
    cause: error,
  });
}
