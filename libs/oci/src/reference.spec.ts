import { describe, expect, it } from '@jest/globals';
import { parseReference, referenceText, tryParseReference } from './reference.js';
import { Tag } from './tag.js';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('Tag', () => {
  it.each(['latest', '1.0', '_', 'V2', 'a'.repeat(128), 'a-._', '__proto__'])('accepts %s', (text) => {
    expect(Tag.parse(text).value).toBe(text);
    expect(`${Tag.parse(text)}`).toBe(text);
  });

  it.each([
    '',
    '.hidden',
    '-x',
    'a/b',
    '..',
    'a b',
    'a\n',
    'a\0',
    'é',
    'a:b',
    'a%2fb',
    'a'.repeat(129),
    'a'.repeat(1_000_000),
  ])('refuses %j', (text) => {
    expect(Tag.tryParse(text)).toBeNull();
    expect(() => Tag.parse(text)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID', status: 400 }) as never);
  });
});

describe('parseReference', () => {
  it('takes a text with a colon for a digest', () => {
    const reference = parseReference(DIGEST);
    expect(reference.kind).toBe('digest');
    expect(referenceText(reference)).toBe(DIGEST);
  });

  it('takes anything else for a tag', () => {
    const reference = parseReference('sha256-abc');
    expect(reference.kind).toBe('tag');
    expect(referenceText(reference)).toBe('sha256-abc');
  });

  it.each(['sha256:baddigeststring', `sha256:${'A'.repeat(64)}`, `sha256:${'0'.repeat(128)}`, 'latest:x', ':'])(
    'never falls back to a tag for the malformed digest %s',
    (text) => {
      expect(() => parseReference(text)).toThrow(
        expect.objectContaining({ code: 'DIGEST_INVALID', status: 400 }) as never,
      );
      expect(tryParseReference(text)).toBeNull();
    },
  );

  it('gives null instead of an error to readers', () => {
    expect(tryParseReference('.INVALID_MANIFEST_NAME')).toBeNull();
    expect(tryParseReference('latest')).toMatchObject({ kind: 'tag' });
    expect(tryParseReference(DIGEST)).toMatchObject({ kind: 'digest' });
  });
});
