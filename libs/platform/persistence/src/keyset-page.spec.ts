import { describe, expect, it } from '@jest/globals';
import { afterKey, decodeCursor, encodeCursor, InvalidCursor, toKeysetPage } from './keyset-page.js';

describe('a keyset cursor', () => {
  it('gives back the key that it was made of', () => {
    expect(decodeCursor(encodeCursor(['näme', 7, true]), 3)).toEqual(['näme', 7, true]);
  });

  it.each([
    ['damaged', '!!!', 1],
    ['of another list', encodeCursor(['a', 'b']), 1],
    ['no list at all', Buffer.from('{"a":1}').toString('base64url'), 1],
    ['holding a structure', Buffer.from('[{"a":1}]').toString('base64url'), 1],
    ['too long', encodeCursor(['a'.repeat(3_000)]), 1],
  ])('is refused when it is %s', (_, cursor, columns) => {
    expect(() => decodeCursor(cursor, columns)).toThrow(InvalidCursor);
  });
});

describe('toKeysetPage', () => {
  const keyOf = (row: { id: number }): number[] => [row.id];

  it('tells that there is more when one row too many came', () => {
    const page = toKeysetPage([{ id: 1 }, { id: 2 }, { id: 3 }], 2, keyOf);
    expect(page.items).toEqual([{ id: 1 }, { id: 2 }]);
    expect(decodeCursor(page.next!, 1)).toEqual([2]);
  });

  it.each([[[]], [[{ id: 1 }, { id: 2 }]]])('ends with the last row', (rows) => {
    expect(toKeysetPage(rows, 2, keyOf).next).toBeNull();
  });
});

describe('afterKey', () => {
  it('compares rows as one', () => {
    expect(afterKey(['name', 'id'], 3)).toBe('(name, id) > ($3, $4)');
    expect(afterKey(['at'], 1, 'descending')).toBe('(at) < ($1)');
  });
});
