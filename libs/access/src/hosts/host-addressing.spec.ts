import { describe, expect, it } from '@jest/globals';
import { audienceOfHost, hostConfig, registryOfHost, type HostSettings } from './host-addressing.js';

const ID = '0193a0c2d4e87b0f9a1c3e5d7f90b2a4';
const laptop: HostSettings = { publicUrls: [], privateDomain: null, publicDomain: null };
const cloud: HostSettings = {
  publicUrls: ['https://registry.example.com'],
  privateDomain: 'scr.private.example.com',
  publicDomain: 'SCR.example.com.',
};
const of = (host: string | undefined, settings: HostSettings) => registryOfHost(host, hostConfig(settings));

describe('registryOfHost without a public URL', () => {
  it.each([
    'localhost',
    'localhost:5000',
    'LOCALHOST:5000',
    '127.0.0.1:5000',
    '127.9.8.7',
    '[::1]:5000',
    'reg.localhost:1',
  ])('takes %s for the installation itself', (host) => expect(of(host, laptop)).toEqual({ style: 'path' }));

  it.each([
    'example.com',
    '10.0.0.1:5000',
    '127.0.0.1.example.com',
    'localhost.example.com',
    '[::2]:5000',
    '128.0.0.1',
  ])('does not answer for %s', (host) => expect(of(host, laptop)).toBeNull());
});

describe('registryOfHost with public URL and domains', () => {
  it.each(['registry.example.com', 'REGISTRY.example.com', 'registry.example.com:443', 'registry.example.com.'])(
    'takes %s for the installation itself',
    (host) => expect(of(host, cloud)).toEqual({ style: 'path' }),
  );

  it.each(['localhost:5000', '127.0.0.1', 'registry.example.com:8443', 'evil.example.com'])(
    'does not answer for %s',
    (host) => expect(of(host, cloud)).toBeNull(),
  );

  it('holds a public URL on another port to that port', () => {
    const settings = { ...laptop, publicUrls: ['http://registry.example.com:5000'] };
    expect(of('registry.example.com:5000', settings)).toEqual({ style: 'path' });
    expect(of('registry.example.com', settings)).toBeNull();
  });

  it('reads name and id of a registry from its host, on any port', () => {
    const registry = { style: 'host', name: 'demo', registryId: ID };
    expect(of(`demo-${ID}.scr.private.example.com`, cloud)).toEqual({ ...registry, domain: 'private' });
    expect(of(`DEMO-${ID.toUpperCase()}.scr.example.com:8443`, cloud)).toEqual({ ...registry, domain: 'public' });
  });

  it.each([
    `demo-${ID}.example.com`,
    `demo-${ID.slice(1)}.scr.example.com`,
    `x.demo-${ID}.scr.example.com`,
    `9demo-${ID}.scr.example.com`,
    'scr.example.com',
    `demo-${ID}scr.example.com`,
  ])('does not answer for %s', (host) => expect(of(host, cloud)).toBeNull());
});

describe('a malformed Host', () => {
  it.each([
    undefined,
    '',
    ' localhost',
    'localhost ',
    'localhost/x',
    'user@localhost',
    'localhost:99999',
    'localhost:80:80',
    'localhost\r\nx: y',
    '[localhost]',
    '[::1',
    '-a.example.com',
    `${'a'.repeat(300)}.example.com`,
  ])('%j leads nowhere and is nobody’s audience', (host) => {
    expect(of(host, laptop)).toBeNull();
    expect(audienceOfHost(host)).toBeNull();
  });

  it('is told from a good one, whose audience is its lower-case text', () => {
    expect(audienceOfHost('Registry.Example.com:5000')).toBe('registry.example.com:5000');
  });
});

describe('hostConfig', () => {
  it('refuses a domain that is none', () => {
    expect(() => hostConfig({ ...laptop, privateDomain: 'not a domain' })).toThrow(RangeError);
  });
});
