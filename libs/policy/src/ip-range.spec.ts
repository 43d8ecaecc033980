import { describe, expect, it } from '@jest/globals';
import { parseAddress, parseIpRange, rangeContains } from './ip-range.js';

describe('an IP range', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['10.0.0.0/8', '::ffff:10.2.3.4', true],
    ['10.0.0.0/8', '::ffff:0a02:0304', true],
    ['::ffff:10.0.0.0/104', '10.2.3.4', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['::ffff:0.0.0.0/96', '198.51.100.1', true],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::ffff:0:0/90', '10.0.0.1', false],
  ])('%s holds %s: %j', (rangeText, addressText, expected) => {
    const range = parseIpRange(rangeText);
    const address = parseAddress(addressText);
    expect(range && address && rangeContains(range, address)).toBe(expected);
  });

  it.each([
    '',
    '10',
    '10.0.0',
    '010.0.0.1',
    '0x0a.0.0.1',
    '10.0.0.256',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/255.0.0.0',
    '2001:db8::/129',
    '::ffff:10.0.0.0/129',
    'fe80::1%eth0',
    'fe80::%eth0/10',
    'localhost',
    '*',
  ])('cannot be read from %j', (text) => {
    expect(parseIpRange(text)).toBeNull();
  });
});
