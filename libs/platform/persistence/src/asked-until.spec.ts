import { describe, expect, it } from '@jest/globals';
import { AskedTooLongAgo, askedUntil, requireStillAsked } from './asked-until.js';

describe('askedUntil', () => {
  it('lets work go on until its asker gives up, and not beyond, however deep it is', async () => {
    const expires = Date.now() + 60_000;
    await askedUntil(expires, async () => {
      await Promise.resolve();
      expect(() => requireStillAsked()).not.toThrow();
      expect(() => requireStillAsked(expires)).toThrow(AskedTooLongAgo);
    });
  });

  it('binds nobody else', () => {
    askedUntil(0, () => undefined);
    expect(() => requireStillAsked()).not.toThrow();
  });
});
