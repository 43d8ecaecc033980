import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { BlobCorrupt, BlobMissing, BlobStoreUnavailable, DiskFull } from '@entrepot/blob-store';
import { Digest, oci, OciError } from '@entrepot/oci';
import { createLogger, EnvironmentFailure } from '@entrepot/platform-observability';
import { diskIsFull } from '../uploads/write-gate.js';
import { errorAnswer } from './errors.js';

interface Line {
  level: string | number;
  family: string;
  requestId: string;
}

/** What a client gets for it, and what stands in the log. */
function answerTo(error: unknown) {
  const lines: Line[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(
        ...chunk
          .toString()
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Line),
      );
      done();
    },
  });
  const logger = createLogger({ level: 'info', service: 'gateway', destination });
  const { status, headers, body } = errorAnswer(logger, error, 'req-1');
  const { errors } = JSON.parse(body as string) as { errors: { code: string; message: string; detail?: unknown }[] };
  return { status, headers, error: errors[0]!, errors, lines, body: body as string };
}

/** As the S3 driver fails: its own error, with the answer's status, is the cause. */
const answered = (status: number) => Object.assign(new Error('secret-bucket'), { status, code: 'SomeCode' });
const refused = (status: number) =>
  new BlobStoreUnavailable('the object store refused: secret-bucket', false, { cause: answered(status) });

describe('the answer to an error', () => {
  it.each<[string, unknown, number, string, string]>([
    ['a store that is away', new BlobStoreUnavailable('secret', true), 503, 'UNAVAILABLE', 'does not answer right now'],
    ['a store that refuses our key', refused(403), 503, 'UNAVAILABLE', 'nothing was changed'],
    ['a bucket that is gone', refused(404), 503, 'UNAVAILABLE', 'nothing was changed'],
    ['a full store', new DiskFull('secret'), 507, 'UNAVAILABLE', 'no room for pushes'],
    ['lost bytes', new BlobMissing('secret'), 500, 'UNKNOWN', 'are missing in the store: tell the operator'],
    ['damaged bytes', new BlobCorrupt('secret', 'cut'), 500, 'UNKNOWN', 'are damaged: tell the operator, or push'],
    ['a database that is away', new EnvironmentFailure('secret'), 503, 'UNAVAILABLE', 'try again in a moment'],
    [
      'a network that failed',
      Object.assign(new Error('secret'), { code: 'ECONNRESET' }),
      503,
      'UNAVAILABLE',
      'try again',
    ],
    ['a bug', new TypeError('secret is not a function'), 500, 'UNKNOWN', ''],
    ['what is not even an error', 'secret', 500, 'UNKNOWN', ''],
  ])(
    'for %s says what to do, names the request, and tells nothing about the inside',
    (_, thrown, status, code, words) => {
      const { body, ...answer } = answerTo(thrown);
      expect([answer.status, answer.errors.length, answer.error.code]).toEqual([status, 1, code]);
      expect(answer.error.message).toContain(words);
      expect(answer.error.message).toMatch(/ \(request req-1\)$/);
      expect(answer.headers['x-request-id']).toBe('req-1');
      expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
      expect(body).not.toContain('secret');
    },
  );

  it('for the client’s own fault is the table’s, without the request’s id and without a line in the log', () => {
    const thrown = oci.manifestBlobUnknown([Digest.of(Buffer.of(1)), Digest.of(Buffer.of(2))]);
    const { status, error, errors, lines } = answerTo(thrown);
    expect([status, errors]).toEqual([thrown.status, thrown.toBody().errors]);
    expect([error.message, lines]).toEqual([thrown.message, []]);
  });

  it('keeps the headers that belong to a refusal', () => {
    const { status, headers } = answerTo(new OciError('UNSUPPORTED', 'no', { headers: { allow: 'GET' } }));
    expect([status, headers]).toEqual([
      405,
      { 'content-type': 'application/json', 'x-request-id': 'req-1', allow: 'GET' },
    ]);
  });
});

describe('the log of a request that failed', () => {
  it.each<[string, unknown, 'warn' | 'error', string]>([
    ['a store that refuses our key', refused(403), 'warn', 'environment'],
    ['a bucket that is gone', refused(404), 'warn', 'environment'],
    ['a store that failed', refused(500), 'warn', 'environment'],
    ['a full store', new DiskFull('full', { cause: answered(403) }), 'warn', 'environment'],
    ['room that is kept free', diskIsFull(1, 2), 'warn', 'environment'],
    ['an object that is gone', new BlobMissing('k', { cause: answered(404) }), 'error', 'environment'],
    ['an object that was cut', new BlobCorrupt('k', 'cut', { cause: answered(416) }), 'error', 'environment'],
    ['a database that is away', new EnvironmentFailure('away'), 'warn', 'environment'],
    ['a bug', new TypeError('x'), 'error', 'bug'],
    ['a bug behind an answer of the table', oci.internal(new TypeError('x')), 'error', 'bug'],
  ])(
    'has one line for %s, whose level says who must act, with the id that the client was told',
    (_, thrown, level, family) => {
      const { lines } = answerTo(thrown);
      expect(lines).toMatchObject([{ level, family, requestId: 'req-1', err: expect.anything() }]);
    },
  );
});
