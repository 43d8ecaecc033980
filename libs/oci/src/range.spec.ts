import { describe, expect, it } from '@jest/globals';
import { parseByteRange, parseContentRange } from './range.js';

describe('parseByteRange', () => {
  it.each([
    ['bytes=500-1499', 500, 1499],
    ['bytes=500-', 500, 1999],
    ['bytes=-500', 1500, 1999],
    ['bytes=-5000', 0, 1999],
    ['bytes=0-0', 0, 0],
    ['bytes=1999-5000', 1999, 1999],
    ['BYTES=0-1', 0, 1],
    ['bytes=0-99999999999999999999999999', 0, 1999],
    ['bytes= 1-2 ', 1, 2],
    ['bytes=1-2,', 1, 2],
    ['bytes=1-2, 9000-', 1, 2],
  ])('reads %s of 2000 bytes', (header, start, end) => {
    expect(parseByteRange(header, 2000)).toEqual({ kind: 'single', start, end });
  });

  it.each([
    'bytes=2000-',
    'bytes=5000-10000',
    'bytes=500-0',
    'bytes=-0',
    'bytes=9000-,8000-',
    'bytes=0-1,5-4',
    `bytes=${'9'.repeat(400)}-`,
  ])('finds %s unsatisfiable', (header) => {
    expect(parseByteRange(header, 2000)).toEqual({ kind: 'unsatisfiable' });
  });

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=,',
    'bytes=a-b',
    'bytes=1',
    'bytes=1-2-3',
    'bytes=+1-2',
    'bytes=0x1-2',
    'bytes=1 - 2',
    'bytes=1.5-2',
    'items=0-1',
    'bytes 0-1',
    'bytes=0-1;2-3',
  ])('answers %j with everything', (header) => {
    expect(parseByteRange(header, 2000)).toEqual({ kind: 'all' });
  });

  it('keeps ranges apart that do not touch, in ascending order', () => {
    expect(parseByteRange('bytes=100-199, 0-9,-10', 2000)).toEqual({
      kind: 'several',
      ranges: [
        { start: 0, end: 9 },
        { start: 100, end: 199 },
        { start: 1990, end: 1999 },
      ],
    });
  });

  it('joins overlapping, nested and touching ranges', () => {
    expect(parseByteRange('bytes=0-50,10-20,51-99,40-60', 2000)).toEqual({ kind: 'single', start: 0, end: 99 });
  });

  it('answers ranges that together are everything with everything', () => {
    expect(parseByteRange('bytes=0-999,1000-', 2000)).toEqual({ kind: 'all' });
    expect(parseByteRange('bytes=0-', 2000)).toEqual({ kind: 'single', start: 0, end: 1999 });
  });

  it('takes 16 ranges and answers 17 with everything', () => {
    const ranges = (count: number) =>
      `bytes=${Array.from({ length: count }, (_, i) => `${i * 10}-${i * 10}`).join(',')}`;
    expect(parseByteRange(ranges(16), 2000)).toMatchObject({ kind: 'several' });
    expect(parseByteRange(ranges(17), 2000)).toEqual({ kind: 'all' });
    expect(parseByteRange(`bytes=0-0${','.repeat(100)}`, 2000)).toEqual({ kind: 'all' });
  });

  it('gives empty content whole, whatever part is asked', () => {
    for (const header of ['bytes=0-', 'bytes=-5', 'bytes=0-0'])
      expect(parseByteRange(header, 0)).toEqual({ kind: 'all' });
  });

  it('does not read a megabyte of header', () => {
    expect(parseByteRange(`bytes=${'0-0,'.repeat(250_000)}`, 2000)).toEqual({ kind: 'all' });
  });
});

describe('parseContentRange', () => {
  it.each([
    ['0-0', 0, 0],
    ['0-1023', 0, 1023],
    ['1024-2047', 1024, 2047],
    ['007-9', 7, 9],
  ])('reads %s', (header, start, end) => {
    expect(parseContentRange(header)).toEqual({ start, end });
  });

  it.each([
    '',
    '-',
    '0-',
    '-5',
    '5-4',
    'bytes 0-5',
    'bytes=0-5',
    '0-5/6',
    '0-5/*',
    ' 0-5',
    '0-5 ',
    '0-5\n',
    '+0-5',
    '0x0-5',
    '1e3-1e4',
    '0-9007199254740992',
    `0-${'9'.repeat(1_000_000)}`,
  ])('refuses %j', (header) => {
    expect(parseContentRange(header)).toBeNull();
  });
});
