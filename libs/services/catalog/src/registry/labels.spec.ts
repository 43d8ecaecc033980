import { describe, expect, it } from '@jest/globals';
import { labelsProblem } from './labels.js';

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, 'value']));

describe('labels', () => {
  it.each([
    ['none', {}],
    ['fifty', many(50)],
    ['the longest key and value', { ['k'.repeat(128)]: 'v'.repeat(256) }],
    ['an empty value and other scripts', { 팀: '' }],
  ])('may be %s', (_, labels) => {
    expect(labelsProblem(labels)).toBeNull();
  });

  it.each([
    ['a list', ['team']],
    ['null', null],
    ['fifty-one', many(51)],
    ['an empty key', { '': 'x' }],
    ['a key of 129 characters', { ['k'.repeat(129)]: 'x' }],
    ['a value of 257 characters', { team: 'v'.repeat(257) }],
    ['a value that is no text', { team: 7 }],
    ['a line break', { team: 'a\nb' }],
    ['a NUL in a key', { 'a\0': 'b' }],
  ])('may not be %s', (_, labels) => {
    expect(labelsProblem(labels)).toEqual(expect.any(String));
  });
});
