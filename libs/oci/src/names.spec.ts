import { describe, expect, it } from '@jest/globals';
import { ImageName, parseImageName, parseRegistryName, parseRepositoryName, splitRegistrySegment } from './names.js';

const ID = '0123456789abcdef0123456789abcdef';
const invalid = expect.objectContaining({ code: 'NAME_INVALID', status: 400 });

describe('ImageName', () => {
  it.each([
    'a',
    'busybox',
    'demo/apps/web',
    'a/b/c/d/e',
    'a.b',
    'a_b',
    'a__b',
    'a-b',
    'a---b',
    '0/1/2',
    'a'.repeat(255),
  ])('accepts %s', (text) => {
    expect(ImageName.parse(text).value).toBe(text);
  });

  it('splits at the slashes', () => {
    expect(ImageName.parse('demo/apps/team/web').segments).toEqual(['demo', 'apps', 'team', 'web']);
  });

  it.each([
    ['nothing', ''],
    ['a slash alone', '/'],
    ['a leading slash', '/a/b'],
    ['a trailing slash', 'a/b/'],
    ['an empty part', 'a//b'],
    ['a parent folder', 'a/../b'],
    ['a parent folder at the start', '../../etc/passwd'],
    ['the same folder', 'a/./b'],
    ['an encoded slash', 'a%2fb'],
    ['an encoded parent folder', 'a/%2e%2e/b'],
    ['a backslash', 'a\\b'],
    ['NUL', 'a\0b'],
    ['a line break at the end', 'a/b\n'],
    ['a line break inside', 'a\nb'],
    ['upper case', 'Demo/apps'],
    ['a space', 'a b'],
    ['two dots', 'a..b'],
    ['three underscores', 'a___b'],
    ['mixed separators', 'a._b'],
    ['a separator at the start', '-a'],
    ['a separator at the end', 'a-'],
    ['a separator before a slash', 'a-/b'],
    ["an extension's underscore", '_catalog'],
    ['a colon', 'a:b'],
    ['an at sign', 'a@b'],
    ['a letter that looks like a', '\u0430pps'],
    ['a letter that folds to k', '\u212aube'],
    ['256 characters', 'a'.repeat(256)],
  ])('refuses %s', (_what, text) => {
    expect(() => ImageName.parse(text)).toThrow(invalid as never);
    expect(() => parseImageName(text)).toThrow(invalid as never);
  });

  it('does not put control characters or long input into its message', () => {
    const messages = ['a\r\nx-header: 1', 'A'.repeat(1_000_000)].map((text) => {
      try {
        return ImageName.parse(text).value;
      } catch (error) {
        return (error as Error).message;
      }
    });
    for (const message of messages) {
      expect(message).not.toMatch(/[\r\n]/);
      expect(message.length).toBeLessThan(300);
    }
  });

  it('refuses hostile input in time that a test can wait for', () => {
    const hostile = [
      'a-'.repeat(127) + 'a!',
      'a_'.repeat(127),
      'a'.repeat(254) + '!',
      '-'.repeat(255),
      'a/'.repeat(127) + '!',
    ];
    for (const text of hostile) expect(() => ImageName.parse(text)).toThrow();
    for (const unit of ['a-', 'a/', 'a', '-', '_']) {
      expect(() => ImageName.parse(unit.repeat(1_000_000 / unit.length))).toThrow();
    }
  });
});

describe('parseRegistryName', () => {
  it.each(['abc', 'demo', 'a23', 'a'.repeat(25)])('accepts %s', (text) => {
    expect(parseRegistryName(text)).toBe(text);
  });

  it.each(['', 'ab', 'a'.repeat(26), '1abc', 'a-bc', 'Abc', 'abc\n', 'abé', 'a'.repeat(1_000_000)])(
    'refuses %j',
    (text) => {
      expect(() => parseRegistryName(text)).toThrow(invalid as never);
    },
  );
});

describe('parseRepositoryName', () => {
  it.each(['abc', 'a-c', 'a--c', '123', 'a'.repeat(30)])('accepts %s', (text) => {
    expect(parseRepositoryName(text)).toBe(text);
  });

  it.each(['', 'ab', '-bc', 'ab-', 'a_b', 'a.b', 'a/b', 'A-c', 'a'.repeat(31), 'abc\n', '-'.repeat(1_000_000)])(
    'refuses %j',
    (text) => {
      expect(() => parseRepositoryName(text)).toThrow(invalid as never);
    },
  );
});

describe('splitRegistrySegment', () => {
  it('reads a bare name', () => {
    expect(splitRegistrySegment('demo')).toEqual({ name: 'demo', id: null });
  });

  it('reads a name with an id', () => {
    expect(splitRegistrySegment(`demo-${ID}`)).toEqual({ name: 'demo', id: ID });
  });

  it.each([
    `demo-${ID.slice(1)}`,
    `demo-${ID}0`,
    `demo-${ID.toUpperCase()}`,
    `de-${ID}`,
    `-${ID}`,
    `demo-x-${ID}`,
    'demo-',
    '',
  ])('refuses %j', (text) => {
    expect(() => splitRegistrySegment(text)).toThrow(invalid as never);
  });
});
