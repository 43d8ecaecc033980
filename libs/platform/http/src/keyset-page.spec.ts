import { describe, expect, it } from '@jest/globals';
import { decodeCursor, encodeCursor, nextLink, pageOf } from './keyset-page.js';

describe('pageOf', () => {
  const cursorOf = (item: string) => [item, 7];

  it('gives a cursor of the last row shown when there is one more row', () => {
    const page = pageOf(['a', 'b', 'ç'], 2, cursorOf);
    expect(page.items).toEqual(['a', 'b']);
    expect(decodeCursor(page.next ?? '')).toEqual(['b', 7]);
  });

  it('gives none on the last page and on an empty list', () => {
    expect(pageOf(['a', 'b'], 2, cursorOf)).toEqual({ items: ['a', 'b'], next: null });
    expect(pageOf([], 2, cursorOf)).toEqual({ items: [], next: null });
  });
});

describe('decodeCursor', () => {
  it('reads back what encodeCursor wrote', () => {
    const values = ['ünïcode/name', -1.5, true, null];
    expect(decodeCursor(encodeCursor(values), 4)).toEqual(values);
  });

  it.each([
    ['text that is no base64url', 'a+b/='],
    ['base64url of no JSON', Buffer.from('{').toString('base64url')],
    ['an object', Buffer.from('{"a":1}').toString('base64url')],
    ['nested values', Buffer.from('[["a"],1]').toString('base64url')],
    ['another number of values', encodeCursor(['a'])],
    ['too many values', encodeCursor(Array.from({ length: 9 }, () => 1))],
    ['a huge text', 'a'.repeat(5000)],
    ['an empty one', ''],
  ])('refuses %s with 400', (_case, cursor) => {
    expect(() => decodeCursor(cursor, 2)).toThrow(
      expect.objectContaining({ body: expect.objectContaining({ status: 400 }) }),
    );
  });
});

describe('nextLink', () => {
  it('keeps the filters of the request and replaces its cursor, relative', () => {
    expect(nextLink('/api/v1/things?limit=2&cursor=old&name=a%20b', 'new')).toBe(
      '</api/v1/things?limit=2&cursor=new&name=a+b>; rel="next"',
    );
    expect(nextLink('/api/v1/things', null)).toBeUndefined();
  });
});
