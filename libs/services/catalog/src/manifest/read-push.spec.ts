import { describe, expect, it } from '@jest/globals';
import { aBlob, aManifest } from '../testing/pushes.js';
import { readPush } from './read-push.js';

const request = (rest: object = {}) => ({
  registryId: 'r',
  repositoryId: 'p',
  image: 'i',
  actor: 'a',
  digest: null,
  tags: [],
  ...aManifest({}),
  ...rest,
});

describe('readPush', () => {
  it('gives the digest of the bytes, and each tag once in byte order', () => {
    const push = readPush(request({ tags: ['b', 'B', 'a', 'b'] }));
    expect(push.digest.toString()).toBe(aManifest({}).descriptor.digest);
    expect(push.tags).toEqual(['B', 'a', 'b']);
  });

  it('refuses bytes that are not what the digest says', () => {
    expect(() => readPush(request({ digest: aBlob().digest }))).toThrow(
      expect.objectContaining({ code: 'DIGEST_INVALID' }),
    );
    expect(() => readPush(request({ digest: 'sha256:bad' }))).toThrow(
      expect.objectContaining({ code: 'DIGEST_INVALID' }),
    );
  });

  it('refuses what the gateway should have refused: too large, no manifest, no tag', () => {
    const large = Buffer.alloc(4 * 1024 * 1024 + 1, ' ').toString('base64');
    expect(() => readPush(request({ body: large }))).toThrow(expect.objectContaining({ status: 413 }));
    const empty = Buffer.from('{}').toString('base64');
    expect(() => readPush(request({ body: empty }))).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
    expect(() => readPush(request({ tags: ['../x'] }))).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
  });
});
