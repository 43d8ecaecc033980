import { describe, expect, it } from '@jest/globals';
import { BlobStoreUnavailable } from '../errors.js';
import { inEveryBucket } from './every-bucket.js';
import type { Places } from './places.js';
import { S3Failure } from './s3-failure.js';

const NAMES = Array.from({ length: 9 }, (_, n) => `b${n}`);

/** Of buckets, each of which holds its own name, those that are given fail with a code. */
async function listed(failing: Readonly<Record<string, string>>, names = NAMES, doubtful: string[] = []) {
  const bucketsFor: Places['bucketsFor'] = async (_prefix, skip) => {
    for (const bucket of doubtful) skip?.(bucket, new S3Failure('InternalError', 'so', 500, { bucket }));
    return names;
  };
  const asked: string[] = [];
  async function* pagesOf(bucket: string): AsyncGenerator<string[]> {
    asked.push(bucket);
    yield [bucket];
    const code = failing[bucket];
    if (code) throw new S3Failure(code, 'so', code === 'AccessDenied' ? 403 : 503, { bucket });
  }
  const found: string[] = [];
  let error: unknown = null;
  try {
    const places = { root: 'b0', bucketsFor } as Places;
    for await (const name of inEveryBucket(places, '', pagesOf)) found.push(name);
  } catch (caught) {
    error = caught;
  }
  return { found, asked, error };
}

const all = (code: string, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, code]));

describe('listing buckets', () => {
  it('goes on to the last one however many refuse, and names some', async () => {
    const { found, error } = await listed(all('AccessDenied', NAMES.slice(1, 7)));
    expect(found).toEqual(NAMES);
    expect(error).toBeInstanceOf(BlobStoreUnavailable);
    expect(error).toMatchObject({ retryable: false });
    expect((error as Error).message).toMatch(
      /^what is in the buckets b1, b2, b3 and 3 more could not be listed: .* b1$/,
    );
  });

  it('ends with the fourth that does not answer: each costs all the time that tries may take', async () => {
    const { asked, error } = await listed(all('SlowDown', NAMES.slice(1)));
    expect(asked).toEqual(NAMES.slice(0, 5));
    expect(error).toMatchObject({ retryable: true, message: 'the object store asks for fewer requests' });
  });

  it('names a bucket of which not even could be told whose it is', async () => {
    const { found, error } = await listed({}, ['b0'], ['b1']);
    expect(found).toEqual(['b0']);
    expect(error).toMatchObject({ message: 'what is in the buckets b1 could not be listed: the object store failed' });
  });

  it('says of the only bucket just what is wrong', async () => {
    const { error } = await listed({ b0: 'NoSuchBucket' }, ['b0']);
    expect(error).toMatchObject({ message: 'the bucket b0 does not exist', retryable: false });
  });

  it('takes a bucket of a registry that vanishes for empty', async () => {
    expect(await listed({ b3: 'NoSuchBucket' })).toMatchObject({ found: NAMES, error: null });
  });

  it('tolerates no error that is none of the store', async () => {
    const strange = new TypeError('a bug');
    const places = { root: 'b0', bucketsFor: async () => ['b0', 'b1'] } as unknown as Places;
    async function* broken(): AsyncGenerator<string[]> {
      throw strange;
    }
    await expect(inEveryBucket(places, '', broken)[Symbol.asyncIterator]().next()).rejects.toBe(strange);
  });
});
