import { describe, expect, it } from '@jest/globals';
import { S3Failure } from './s3-failure.js';
import type { S3Answer } from './s3-wire.js';
import { VersionedBuckets } from './versioned-buckets.js';

const MINUTE = 60_000;

describe('VersionedBuckets', () => {
  let now = 0;
  let asked = 0;
  const bucketsThatSay = (say: () => string): VersionedBuckets => {
    asked = 0;
    const request = async (): Promise<S3Answer> => {
      asked++;
      return { status: 200, headers: {}, text: say() };
    };
    return new VersionedBuckets({ request }, () => now);
  };
  const status = (text: string): string =>
    `<VersioningConfiguration><Status>${text}</Status></VersioningConfiguration>`;

  it('asks a bucket without versions again after a minute, and one with versions never again', async () => {
    let text = '<VersioningConfiguration/>';
    const buckets = bucketsThatSay(() => text);
    expect(await buckets.versionsOf('a')).toBe('none');
    text = status('Enabled');
    now += MINUTE - 1;
    expect(await buckets.versionsOf('a')).toBe('none');
    now += 1;
    expect(await buckets.versionsOf('a')).toBe('kept');
    expect(asked).toBe(2);
    text = status('Suspended');
    now += 100 * MINUTE;
    expect(await buckets.versionsOf('a')).toBe('kept');
    expect(asked).toBe(2);
  });

  it('counts a bucket whose versions are suspended as one that keeps them', async () => {
    expect(await bucketsThatSay(() => status('Suspended')).versionsOf('a')).toBe('kept');
  });

  it('believes a marker more than what the bucket said', async () => {
    const buckets = bucketsThatSay(() => '');
    expect(await buckets.versionsOf('a')).toBe('none');
    expect(buckets.knowsOfVersions('a')).toBe(false);
    buckets.markerMade('a');
    expect(buckets.knowsOfVersions('a')).toBe(true);
    expect(await buckets.versionsOf('a')).toBe('kept');
  });

  it.each([
    ['AccessDenied', 'unknown'],
    ['NotImplemented', 'none'],
    ['MethodNotAllowed', 'none'],
  ])('takes %s for "%s", and no other failure for an answer', async (code, versions) => {
    const failing = (failure: string): VersionedBuckets =>
      bucketsThatSay(() => {
        throw new S3Failure(failure, 'so', 403);
      });
    expect(await failing(code).versionsOf('a')).toBe(versions);
    await expect(failing('InternalError').versionsOf('a')).rejects.toBeInstanceOf(S3Failure);
  });
});
