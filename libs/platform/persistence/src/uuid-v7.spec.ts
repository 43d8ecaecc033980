import { describe, expect, it } from '@jest/globals';
import { uuidV7 } from './uuid-v7.js';

describe('uuidV7', () => {
  it('begins with the time and carries version and variant', () => {
    const id = uuidV7(new Date(0x0193a0c2d4e8));
    expect(id).toMatch(/^0193a0c2-d4e8-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('sorts by time and never repeats', () => {
    const earlier = uuidV7(new Date(1_000));
    expect(earlier < uuidV7(new Date(2_000))).toBe(true);
    expect(uuidV7(new Date(1_000))).not.toBe(earlier);
  });
});
