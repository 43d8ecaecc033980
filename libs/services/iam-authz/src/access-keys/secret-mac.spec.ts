import { describe, expect, it } from '@jest/globals';
import { Secret } from '@entrepot/platform-config';
import { newKeyId, newSecret, Pepper, sameMac } from './secret-mac.js';

describe('access keys', () => {
  it('have ids of EK and 18 base32 characters, and secrets of 256 bits without a colon', () => {
    const ids = Array.from({ length: 200 }, newKeyId);
    expect(ids.every((id) => /^EK[A-Z2-7]{18}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(200);
    const secrets = Array.from({ length: 200 }, newSecret);
    expect(secrets.every((secret) => /^[A-Za-z0-9_-]{43}$/.test(secret))).toBe(true);
    expect(new Set(secrets).size).toBe(200);
  });
});

describe('the pepper', () => {
  const pepper = new Pepper(new Secret('one'));

  it('makes the same MAC of the same secret, another of another, and another with another pepper', () => {
    expect(sameMac(pepper.macOf('s'), pepper.macOf('s'))).toBe(true);
    expect(sameMac(pepper.macOf('s'), pepper.macOf('t'))).toBe(false);
    expect(sameMac(pepper.macOf('s'), new Pepper(new Secret('two')).macOf('s'))).toBe(false);
    expect(sameMac(pepper.macOf('s'), Buffer.alloc(3))).toBe(false);
  });

  it('derives another key for each purpose', () => {
    expect(pepper.deriveKey('a')).toHaveLength(32);
    expect(pepper.deriveKey('a').equals(pepper.deriveKey('b'))).toBe(false);
  });
});
