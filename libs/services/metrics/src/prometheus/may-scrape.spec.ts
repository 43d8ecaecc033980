import { describe, expect, it } from '@jest/globals';
import { Secret } from '@entrepot/platform-config';
import { mayScrape } from './may-scrape.js';

const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
  ({ headers, socket: { remoteAddress } }) as never;
const token = new Secret('a-long-enough-token');

describe('mayScrape', () => {
  it.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.7', false],
    ['2001:db8::1', false],
  ])('without a token lets only this machine in: %s', (address, allowed) => {
    expect(mayScrape(from(address), undefined)).toBe(allowed);
  });

  it('does not take what a proxy on this machine passes on for this machine', () => {
    expect(mayScrape(from('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }), undefined)).toBe(false);
    expect(mayScrape(from('127.0.0.1', { forwarded: 'for=127.0.0.1' }), undefined)).toBe(false);
  });

  it('asks everybody for the token where there is one', () => {
    expect(mayScrape(from('10.0.0.7', { authorization: 'Bearer a-long-enough-token' }), token)).toBe(true);
    expect(mayScrape(from('127.0.0.1'), token)).toBe(false);
    expect(mayScrape(from('127.0.0.1', { authorization: 'Bearer a-long-enough-toke' }), token)).toBe(false);
    expect(mayScrape(from('127.0.0.1', { authorization: 'Bearer [secret]' }), token)).toBe(false);
  });
});
