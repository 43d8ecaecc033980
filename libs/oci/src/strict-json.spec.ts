import { describe, expect, it } from '@jest/globals';
import { parseStrictJson, StrictJsonError } from './strict-json.js';

const limits = { maxDepth: 64, maxMembers: 400_000 };
const parse = (source: string | Uint8Array) =>
  parseStrictJson(typeof source === 'string' ? Buffer.from(source) : source, limits);

/** What a quadratic reader would need for 4 MiB is hours: a test that ends at all, on however busy a machine, is proof enough. */
const ENDS_AT_ALL_MS = 120_000;

describe('parseStrictJson', () => {
  it.each([
    '{}',
    '[]',
    'null',
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
    '{"a":"a","b":"a"}',
    '{"a":["b","b","b"],"b":"\\",\\"a\\":"}',
    '{"a":"}{][,:","b":"\\\\","c":"\\\\\\""}',
    '{"pair":"\\ud83d\\ude00","text":"é😀","slash":"\\u005c\\u0022"}',
    ' { "a" : [ 1 , -2.5e3 , true , false , null ] , "b" : { } } ',
    '{"__proto__":1,"constructor":2,"":3}',
  ])('reads %s as JSON.parse does', (source) => {
    expect(parse(source)).toEqual(JSON.parse(source));
  });

  it.each([
    ['at the top', '{"a":1,"a":1}'],
    ['in a list', '[{"a":1,"b":2,"a":3}]'],
    ['deep inside', '{"x":{"y":[{"z":{"a":1,"b":{},"a":2}}]}}'],
    ['after a nested object', '{"a":{"b":1},"c":[1,{"a":1}],"a":2}'],
    ['behind an escape', '{"layers":1,"l\\u0061yers":2}'],
    ['behind escaped quotes', '{"a\\"b":1,"a\\u0022b":2}'],
    ['when empty', '{"":1,"":2}'],
    ['when it is __proto__', '{"__proto__":1,"__proto__":2}'],
  ])('refuses a key that stands twice %s', (_where, source) => {
    expect(() => JSON.parse(source) as unknown).not.toThrow();
    expect(() => parse(source)).toThrow(/stands twice/);
  });

  it.each([
    ['half a pair', '"\\ud83d"', /surrogate/],
    ['the second half alone', '"\\ude00"', /surrogate/],
    ['two first halves', '"\\ud83d\\ud83d"', /surrogate/],
    ['a half in a key', '{"\\udfff":1}', /surrogate/],
    ['NUL', '{"a":"x\\u0000"}', /NUL/],
    ['a comment', '{} // x', /not JSON/],
    ['a second document', '{}{}', /not JSON/],
    ['a trailing comma', '{"a":1,}', /not JSON/],
    ['an open string', '{"a', /not JSON/],
    ['an open escape', '"\\', /not JSON/],
    ['an open unicode escape', '"\\u12', /not JSON/],
    ['more ends than starts', '{}]]]', /not JSON/],
    ['crossed ends', '{"a":[}]', /not JSON/],
    ['single quotes', "{'a':1}", /not JSON/],
    ['nothing', '', /not JSON/],
    ['plain text', 'blablabla', /not JSON/],
    ['a byte order mark', '\ufeff{}', /not JSON/],
  ])('refuses %s', (_what, source, message) => {
    expect(() => parse(source)).toThrow(StrictJsonError);
    expect(() => parse(source)).toThrow(message);
  });

  it.each([
    ['a cut character', [0x22, 0xc3, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('refuses %s as not UTF-8', (_what, bytes) => {
    expect(() => parse(Uint8Array.from(bytes))).toThrow(/not UTF-8/);
  });

  it('accepts the deepest nesting allowed and nothing deeper', () => {
    expect(() => parse('['.repeat(64) + ']'.repeat(64))).not.toThrow();
    expect(() => parse('['.repeat(65) + ']'.repeat(65))).toThrow(/deeper than 64/);
  });

  it('counts values and refuses too many', () => {
    expect(parseStrictJson(Buffer.from('[1,2,3]'), { maxDepth: 4, maxMembers: 3 })).toEqual([1, 2, 3]);
    expect(() => parseStrictJson(Buffer.from('[1,2,3,4]'), { maxDepth: 4, maxMembers: 3 })).toThrow(/more than 3/);
  });

  it.each([
    ['opening brackets', '['],
    ['empty lists', '[],'],
    ['empty objects', '{},'],
    ['opening quotes', '"'],
    ['backslashes', '\\'],
    ['escapes in one string', '\\u0041', '"'],
    ['escaped quotes in one string', '\\"', '"'],
    ['spaces', ' '],
    ['keys', '"a\\u0061":1,', '{'],
  ])(
    'refuses 4 MiB of %s in linear time',
    (_what, unit, start = '') => {
      const bytes = Buffer.from(start + unit.repeat(Math.floor((4 * 1024 * 1024) / unit.length)));
      expect(() => parseStrictJson(bytes, limits)).toThrow(StrictJsonError);
    },
    ENDS_AT_ALL_MS,
  );

  it(
    'looks up 300,000 different keys in linear time',
    () => {
      const keys = Array.from({ length: 300_000 }, (_, i) => `"k${i.toString(36)}":0`).join(',');
      expect(Object.keys(parse(`{${keys}}`) as object)).toHaveLength(300_000);
    },
    ENDS_AT_ALL_MS,
  );
});
