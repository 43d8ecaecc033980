import { describe, expect, it } from '@jest/globals';
import { asciiLower, globMatches, type StepCounter } from './glob.js';

describe('globMatches', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['a*', 'a', true],
    ['*c', 'abc', true],
    ['a*c', 'abcbc', true],
    ['a*c', 'abcb', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['?', '', false],
    ['**a**', 'bab', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['Abc', 'abc', false],
  ])('says of %j and %j: %j', (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  it('never needs more than text × (longest piece + 2) steps, however many stars the pattern has', () => {
    for (const [pattern, longestPiece] of [
      ['a*'.repeat(200) + 'b', 1],
      ['*a'.repeat(200) + 'b', 2],
      ['*aaaaaaaaab', 10],
      ['*'.repeat(400) + 'b', 1],
      ['?*'.repeat(150) + 'b', 1],
    ] as const) {
      const text = 'a'.repeat(2_000);
      const counter: StepCounter = { steps: 0 };
      expect(globMatches(pattern, text, counter)).toBe(false);
      expect(counter.steps).toBeGreaterThan(0);
      expect(counter.steps).toBeLessThanOrEqual(text.length * (longestPiece + 2) + pattern.length);
    }
  });

  it('takes twice the steps for twice the text, so its cost is linear in what a client sends', () => {
    const steps = (length: number): number => {
      const counter: StepCounter = { steps: 0 };
      globMatches('a*a*a*a*a*a*a*a*b', 'a'.repeat(length), counter);
      return counter.steps;
    };
    expect(steps(8_000)).toBeLessThanOrEqual(2 * steps(4_000) + 20);
  });
});

describe('asciiLower', () => {
  it('folds A to Z and leaves look-alike letters alone', () => {
    expect(asciiLower('PULL')).toBe('pull');
    expect(asciiLower('\u212A')).toBe('\u212A');
    expect(asciiLower('\u0130')).toBe('\u0130');
  });
});
