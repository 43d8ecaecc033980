import { describe, expect, it } from '@jest/globals';
import { Digest, DIGEST_ALGORITHMS } from './digest.js';
import { OciError } from './errors.js';

const A64 = 'a'.repeat(64);
const A128 = 'a'.repeat(128);

function refusal(text: string): OciError {
  try {
    Digest.parse(text);
  } catch (error) {
    return error as OciError;
  }
  throw new Error(`accepted ${text.slice(0, 100)}`);
}

describe('Digest', () => {
  it('reads both algorithms and writes them back unchanged', () => {
    for (const text of [`sha256:${A64}`, `sha512:${A128}`]) expect(Digest.parse(text).toString()).toBe(text);
    expect(Digest.parse(`sha512:${A128}`)).toMatchObject({ algorithm: 'sha512', hex: A128 });
    expect(DIGEST_ALGORITHMS).toEqual(['sha256', 'sha512']);
  });

  it('computes the digest of bytes', () => {
    expect(Digest.of(new Uint8Array()).toString()).toBe(
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(Digest.of(Buffer.from('{}')).hex).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
    expect(Digest.of(Buffer.from('{}'), 'sha512').hex).toHaveLength(128);
  });

  it('compares by algorithm and value', () => {
    expect(Digest.parse(`sha256:${A64}`).equals(Digest.parse(`sha256:${A64}`))).toBe(true);
    expect(Digest.parse(`sha256:${A64}`).equals(Digest.parse(`sha256:${'b'.repeat(64)}`))).toBe(false);
  });

  it('is its text in JSON', () => {
    expect(JSON.stringify({ digest: Digest.parse(`sha256:${A64}`) })).toBe(`{"digest":"sha256:${A64}"}`);
  });

  it.each([
    ['an upper-case value', `sha256:${'A'.repeat(64)}`, /lower case/],
    ['an upper-case algorithm', `SHA256:${A64}`, /not supported/],
    ['a sha512 value under sha256', `sha256:${A128}`, /has 64 hex digits, this one has 128/],
    ['a sha256 value under sha512', `sha512:${A64}`, /has 128 hex digits, this one has 64/],
    ['a value one digit short', `sha256:${A64.slice(1)}`, /this one has 63/],
    ['a value one digit long', `sha256:${A64}a`, /this one has 65/],
    ['a line break at the end', `sha256:${A64}\n`, /this one has 65/],
    ['a letter outside hex', `sha256:${'g'.repeat(64)}`, /hex digits/],
    ['a path instead of hex', `sha256:${'../'.repeat(21)}a`, /hex digits/],
    ['full-width digits', `sha256:${'\uff11'.repeat(64)}`, /hex digits/],
    ['an unknown algorithm', `md5:${'a'.repeat(32)}`, /not supported: use sha256 or sha512/],
    ['a name every object has', `constructor:${A64}`, /not supported/],
    ["the conformance suite's bad digest", 'sha256:baddigeststring', /this one has 15/],
    ['no colon', A64, /is not a digest/],
    ['nothing', '', /is not a digest/],
  ])('refuses %s with DIGEST_INVALID', (_what, text, message) => {
    expect(Digest.tryParse(text)).toBeNull();
    const error = refusal(text);
    expect(error).toMatchObject({ code: 'DIGEST_INVALID', status: 400 });
    expect(error.message).toMatch(message);
  });

  it('refuses a megabyte and does not repeat it', () => {
    for (const text of [`sha256:${'a'.repeat(1_000_000)}`, ':'.repeat(1_000_000), 'a'.repeat(1_000_000)]) {
      expect(refusal(text).message.length).toBeLessThan(300);
    }
  });
});
