import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { PieceTaker } from '@entrepot/blob-store';
import { pipeline } from 'node:stream/promises';

/** Values are validated text only: digests, names that matched the grammar, numbers. */
export type AnswerHeaders = Record<string, string | number | readonly string[]>;

/** Hands out a body in pieces; each is taken when its promise settles. It holds a file until it is called. */
export type Pump = (take: PieceTaker) => Promise<void>;

/** What a handler returns; `writeAnswer` is the one place that writes it. A stream is consumed or destroyed there. */
export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body?: Buffer | string | Readable | Pump;
}

/** The version header of the Docker Registry HTTP API V2, which old clients look for. */
const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' } as const;

/**
 * Writes an answer. Rejects when a body stream fails after the head was sent: the connection is then cut, so that nobody takes it for whole.
 * `beforeEnd` runs when all was sent and the connection is still open.
 */
export async function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  headOnly: boolean,
  beforeEnd?: () => Promise<void>,
): Promise<void> {
  const { status, headers, body } = answer;
  if (typeof body === 'function') return writePump(response, answer, body);
  if (body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)) {
    return writeStream(response, answer, body, headOnly);
  }
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  const lengthHeader = status === 204 || 'content-length' in headers ? {} : { 'content-length': length };
  response.writeHead(status, { ...API_VERSION, ...lengthHeader, ...headers } as Record<string, string>);
  const bytes = headOnly ? undefined : body;
  if (beforeEnd === undefined) return void response.end(bytes);
  response.write(bytes ?? '');
  await beforeEnd();
  response.end();
}

async function writeStream(response: ServerResponse, answer: Answer, body: Readable, headOnly: boolean): Promise<void> {
  if (headOnly || response.destroyed) {
    body.destroy();
    if (!response.destroyed)
      response.writeHead(answer.status, { ...API_VERSION, ...answer.headers } as Record<string, string>).end();
    return;
  }
  response.writeHead(answer.status, { ...API_VERSION, ...answer.headers } as Record<string, string>);
  await pipeline(body, response);
}

async function writePump(response: ServerResponse, answer: Answer, pump: Pump): Promise<void> {
  response.writeHead(answer.status, { ...API_VERSION, ...answer.headers } as Record<string, string>);
  await pump((piece) => writePiece(response, piece));
  response.end();
}

/** Resolves when the piece has left our memory; that is the back-pressure. Rejects when the client is gone. */
function writePiece(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(Object.assign(new Error('the client is gone'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }));
    if (response.destroyed) return gone();
    response.once('close', gone);
    response.write(piece, (error) => {
      response.off('close', gone);
      if (error) gone();
      else resolve();
    });
  });
}
