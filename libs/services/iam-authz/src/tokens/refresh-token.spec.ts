import { describe, expect, it } from '@jest/globals';
import { Secret } from '@entrepot/platform-config';
import { Pepper } from '../access-keys/secret-mac.js';
import { RefreshTokens } from './refresh-token.js';

const pepper = new Pepper(new Secret('a-pepper-of-at-least-32-characters!'));
const tokens = new RefreshTokens(pepper);
const mac = pepper.macOf('secret');
const grant = { keyId: 'EKTEST', audience: 'localhost:5000', expires: 1_800_000_000 };

describe('a refresh token', () => {
  it('tells its grant and is genuine for the secret it was issued for', () => {
    const token = tokens.issue(grant, mac);
    expect(tokens.read(token)).toEqual(grant);
    expect(tokens.isGenuine(token, mac)).toBe(true);
  });

  it('dies with the secret, and with the pepper', () => {
    const token = tokens.issue(grant, mac);
    expect(tokens.isGenuine(token, pepper.macOf('changed'))).toBe(false);
    const other = new RefreshTokens(new Pepper(new Secret('another-pepper-of-at-least-32-chars')));
    expect(other.isGenuine(token, mac)).toBe(false);
  });

  it('can be neither changed nor made from another', () => {
    const [prefix, , signature] = tokens.issue(grant, mac).split('.');
    const forged = Buffer.from(JSON.stringify(['EKTEST', 'localhost:5000', 9_999_999_999])).toString('base64url');
    expect(tokens.isGenuine(`${prefix}.${forged}.${signature}`, mac)).toBe(false);
    expect(tokens.isGenuine(`${prefix}.${forged}.`, mac)).toBe(false);
  });

  it.each([
    '',
    'x',
    'ekr1',
    'ekr1..',
    'ekr1.W10.x',
    'ekr2.WyJhIiwiYiIsMV0.x',
    'ekr1.WyJhIiwiYiIsMV0.x.y',
    'ekr1.!!!.x',
    'x'.repeat(2_000),
  ])('%j is none', (text) => expect(tokens.read(text)).toBeNull());
});
