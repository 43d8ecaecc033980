import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { openJwk, SealBroken, sealJwk } from './sealed-jwk.js';

const key = randomBytes(32);
const jwk = { kty: 'OKP', crv: 'Ed25519', d: 'private', x: 'public' };

describe('a sealed private key', () => {
  it('opens with its key and id, and shows nothing of itself', () => {
    const sealed = sealJwk(jwk, 'kid', key);
    expect(sealed.includes('private')).toBe(false);
    expect(openJwk(sealed, 'kid', key)).toEqual(jwk);
  });

  it('does not open with another key, under another id, or changed', () => {
    const sealed = sealJwk(jwk, 'kid', key);
    const changed = Buffer.from(sealed);
    changed[20] = changed[20]! ^ 1;
    expect(() => openJwk(sealed, 'kid', randomBytes(32))).toThrow(SealBroken);
    expect(() => openJwk(sealed, 'other', key)).toThrow(SealBroken);
    expect(() => openJwk(changed, 'kid', key)).toThrow(SealBroken);
    expect(() => openJwk(Buffer.alloc(3), 'kid', key)).toThrow(SealBroken);
  });
});
