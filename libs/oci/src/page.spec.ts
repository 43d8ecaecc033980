import { describe, expect, it } from '@jest/globals';
import { linkNext, parsePageSize } from './page.js';

const limits = { default: 100, max: 1000 };

describe('parsePageSize', () => {
  it.each([
    [undefined, 100],
    ['0', 0],
    ['1', 1],
    ['1000', 1000],
    ['1001', 1000],
    ['9'.repeat(1_000_000), 1000],
  ])('reads %#', (text, size) => {
    expect(parsePageSize(text, limits)).toBe(size);
  });

  it.each(['', '-1', 'x', 'NaN', 'Infinity', '1.5', '1e3', '0x10', ' 1', '1 ', '+1', '1\n', '\u0661'])(
    'refuses %j',
    (text) => {
      expect(() => parsePageSize(text, limits)).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED', status: 400 }) as never,
      );
    },
  );
});

describe('linkNext', () => {
  it('is relative and names its relation', () => {
    expect(linkNext('/v2/demo/apps/web/tags/list', { n: 10, last: 'v1.0' })).toBe(
      '</v2/demo/apps/web/tags/list?n=10&last=v1.0>; rel="next"',
    );
  });

  it('leaves out what is not given', () => {
    expect(linkNext('/v2/_catalog', { n: undefined })).toBe('</v2/_catalog>; rel="next"');
  });

  it('encodes values, so that none can end the target or the line', () => {
    const link = linkNext('/v2/a/referrers/sha256:00', { artifactType: 'a/b+c; x="1">, <//evil>\r\nset-cookie: a' });
    expect(link).toBe(
      '</v2/a/referrers/sha256:00?artifactType=a%2Fb%2Bc%3B%20x%3D%221%22%3E%2C%20%3C%2F%2Fevil%3E%0D%0Aset-cookie%3A%20a>; rel="next"',
    );
  });

  it.each([
    '//evil.example/x',
    'https://evil.example',
    '/v2/a>b',
    '/v2/a?x=1',
    '/v2/a b',
    '/v2/\\evil',
    '/v2/a\n',
    '',
    'v2',
  ])('never leads to %j', (path) => {
    expect(() => linkNext(path, {})).toThrow(/not a path of ours/);
  });
});
