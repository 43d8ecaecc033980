import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';

/** What to send. Everything reaches the server as written: no path is normalised, no header added but `Host` and the length. */
export interface RawRequest {
  method: string;
  /** Path with query, exactly as it goes into the request line: `..` and `%2f` stay. */
  path: string;
  headers?: OutgoingHttpHeaders;
  /** Bytes get a `Content-Length`; an iterable is sent chunked, unless `headers` has a length. */
  body?: Buffer | string | AsyncIterable<Buffer> | Iterable<Buffer>;
  /** Gives up after so many milliseconds of silence. Default 30 s. */
  timeoutMs?: number;
}

/** An answer, wholly read. */
export class RawReply {
  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    /** Names and values in turn, as they came: for headers that may stand several times. */
    readonly rawHeaders: readonly string[],
    readonly body: Buffer,
  ) {}

  get text(): string {
    return this.body.toString('utf8');
  }

  json<T = Record<string, unknown>>(): T {
    return JSON.parse(this.text) as T;
  }

  /** Code of the first error of an OCI error body; null when the body is none. */
  get code(): string | null {
    return this.#firstError()?.code ?? null;
  }

  /** Message of the first error of an OCI error body, or the detail of a problem document; empty when the body is neither. */
  get message(): string {
    const first = this.#firstError();
    if (first) return first.message;
    try {
      return String(this.json()['detail'] ?? '');
    } catch {
      return '';
    }
  }

  /** A header that may stand once. */
  header(name: string): string | undefined {
    const value = this.headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Every line of a header. */
  headerLines(name: string): string[] {
    return this.rawHeaders.filter(
      (_, at) => at % 2 === 1 && this.rawHeaders[at - 1]?.toLowerCase() === name.toLowerCase(),
    );
  }

  #firstError(): { code: string; message: string } | null {
    try {
      const { errors } = this.json<{ errors?: { code: string; message: string }[] }>();
      return errors?.[0] ?? null;
    } catch {
      return null;
    }
  }
}

/** Connections to one server, kept open between requests. */
export class RawConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 128 });

  constructor(
    /** `http://127.0.0.1:5000`; where to connect, whatever `Host` says. */
    readonly origin: string,
  ) {}

  /** Resolves when the answer is read, also when the server refused before it had the whole body. Rejects when the connection breaks first. */
  send({ method, path, headers = {}, body, timeoutMs = 30_000 }: RawRequest): Promise<RawReply> {
    const { hostname, port } = new URL(this.origin);
    const options = {
      host: hostname,
      port,
      method,
      path,
      agent: this.#agent,
      headers: withLength(headers, method, body),
    };
    return new Promise((resolve, reject) => {
      let answered = false;
      const outgoing = httpRequest(options, (incoming) => {
        answered = true;
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () =>
          resolve(new RawReply(incoming.statusCode ?? 0, incoming.headers, incoming.rawHeaders, Buffer.concat(chunks))),
        );
        incoming.on('error', reject);
        incoming.on('close', () => reject(new Error(`the answer to ${method} ${path} was cut off`)));
      });
      outgoing.setTimeout(timeoutMs, () =>
        outgoing.destroy(new Error(`${method} ${path}: no answer in ${timeoutMs} ms`)),
      );
      // A server that refuses early closes while we still write; its answer is what counts.
      outgoing.on('error', (error) => !answered && reject(error));
      void write(outgoing, body).catch((error: unknown) => !answered && reject(error as Error));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function withLength(headers: OutgoingHttpHeaders, method: string, body: RawRequest['body']): OutgoingHttpHeaders {
  const given = Object.keys(headers).map((name) => name.toLowerCase());
  if (given.includes('content-length') || given.includes('transfer-encoding')) return headers;
  if (typeof body === 'string' || Buffer.isBuffer(body))
    return { ...headers, 'content-length': Buffer.byteLength(body) };
  if (body !== undefined) return { ...headers, 'transfer-encoding': 'chunked' };
  return ['POST', 'PUT', 'PATCH'].includes(method) ? { ...headers, 'content-length': 0 } : headers;
}

async function write(outgoing: ReturnType<typeof httpRequest>, body: RawRequest['body']): Promise<void> {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return void outgoing.end(body);
  for await (const chunk of body) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: ReturnType<typeof httpRequest>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    outgoing.once('drain', done).once('close', done).once('error', done);
  });
}
