import { AsyncLocalStorage } from 'node:async_hooks';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { failureOf, S3Failure } from './s3-failure.js';

/** What the MinIO client has no way to be told for one request. */
export interface CallContext {
  /** Most silence on the connection until the answer's headers are there. */
  readonly silenceMs: number;
  readonly signal?: AbortSignal | undefined;
}

const calls = new AsyncLocalStorage<CallContext>();

/** Errors of S3 have less than a thousand. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Makes `context` known to the transport for the requests that `call` makes. */
export function inContext<T>(context: CallContext, call: () => Promise<T>): Promise<T> {
  return calls.run(context, call);
}

export type Transport = Pick<typeof http, 'request'>;

/**
 * The MinIO client's way to the network. It ends requests that are silent or whose signal fired, and makes an `S3Failure` of each answer
 * that is not 2xx: the client itself would lose the code of a 503, print a line about it and leave its body on the connection.
 */
export function transportFor(protocol: string): Transport {
  const base = protocol === 'https:' ? https : http;
  const request = (options: RequestOptions, onAnswer: (answer: IncomingMessage) => void): ClientRequest => {
    const { silenceMs, signal } = calls.getStore() ?? { silenceMs: 0 };
    const sent = base.request({ ...options, timeout: silenceMs, ...(signal ? { signal } : {}) }, (answer) => {
      const { statusCode: status = 0 } = answer;
      if (status >= 200 && status < 300) {
        // From here on the reader of the body watches the time: it may be slow by itself.
        sent.setTimeout(0);
        // Who reads the body sees it end early; nobody may be reading yet.
        answer.on('error', () => undefined);
        onAnswer(answer);
      } else {
        refuse(sent, answer);
      }
    });
    sent.on('timeout', () => sent.destroy(new S3Failure('Silent', `no byte came or went for ${silenceMs} ms`)));
    return sent;
  };
  return { request: request as typeof http.request };
}

function refuse(sent: ClientRequest, answer: IncomingMessage): void {
  const pieces: Buffer[] = [];
  let size = 0;
  const { statusCode = 0, headers } = answer;
  const fail = (): void => {
    const body = Buffer.concat(pieces).toString('utf8');
    // It stopped listening to us in the middle: the connection can't be used again.
    if (!sent.writableFinished) sent.destroy();
    sent.emit('error', failureOf(statusCode, headers, body));
  };
  answer.on('data', (piece: Buffer) => {
    size += piece.length;
    if (size > MAX_ERROR_BYTES) answer.destroy();
    else pieces.push(piece);
  });
  answer.once('close', fail);
  answer.on('error', () => undefined);
}

/** The whole of a small body. Fails with an `S3Failure` when it is cut, too large or silent. */
export async function bodyOf(answer: IncomingMessage, maxBytes: number, silenceMs: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for (;;) {
    const piece = await nextPiece(answer, silenceMs);
    if (!piece) break;
    pieces.push(piece);
    size += piece.length;
    if (size > maxBytes) {
      answer.destroy();
      throw new S3Failure('WrongAnswer', `a body of more than ${maxBytes} bytes`, answer.statusCode);
    }
  }
  return Buffer.concat(pieces, size);
}

/** The next bytes of a body, or null at its end. Fails with an `S3Failure` when the body is cut short or silent. */
export function nextPiece(answer: IncomingMessage, silenceMs: number): Promise<Buffer | null> {
  const ready = pieceOf(answer);
  if (ready !== undefined) return Promise.resolve(ready);
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      for (const event of EVENTS) answer.off(event, look);
    };
    const look = (): void => {
      const piece = pieceOf(answer);
      if (piece === undefined && !answer.destroyed) return;
      end();
      if (piece !== undefined) return resolve(piece);
      reject(
        new S3Failure('Unreachable', 'the connection ended in the middle of a body', 0, { cause: answer.errored }),
      );
    };
    const timer = setTimeout(() => {
      end();
      answer.destroy();
      reject(new S3Failure('Silent', `no byte of a body came for ${silenceMs} ms`));
    }, silenceMs);
    for (const event of EVENTS) answer.on(event, look);
    look();
  });
}

const EVENTS = ['readable', 'end', 'close', 'error'] as const;

/** Undefined when there is nothing yet, or will never be. */
function pieceOf(answer: IncomingMessage): Buffer | null | undefined {
  const piece = answer.read() as Buffer | null;
  if (piece) return piece;
  return answer.complete && answer.readableEnded ? null : undefined;
}
