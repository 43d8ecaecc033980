import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigInvalid, loadConfig } from '@entrepot/platform-config';
import { listenerOf } from './listener.js';
import { ListenerConfig } from './listener.config.js';

describe('a listener', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'entrepot-listener-'));
    writeFileSync(join(folder, 'no.pem'), 'neither a certificate nor a key');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const on = (host: string, env: Record<string, string> = {}) => listenerOf(host, loadConfig(ListenerConfig, env));

  it('speaks plain HTTP on loopback', () => {
    expect(on('127.0.0.1')).toEqual({ tls: undefined, httpsOnly: false, scheme: 'http' });
  });

  it('beyond loopback takes only what a trusted proxy received by HTTPS', () => {
    expect(on('0.0.0.0', { ENTREPOT_TRUSTED_PROXIES: '10.0.0.0/8' })).toMatchObject({ httpsOnly: true });
  });

  it.each([
    ['plain HTTP beyond loopback', '0.0.0.0', {}],
    ['half a certificate', '127.0.0.1', { ENTREPOT_TLS_CERT_FILE: 'no.pem' }],
    ['files that are not there', '127.0.0.1', { ENTREPOT_TLS_CERT_FILE: 'absent', ENTREPOT_TLS_KEY_FILE: 'absent' }],
    ['files that hold no PEM', '127.0.0.1', { ENTREPOT_TLS_CERT_FILE: 'no.pem', ENTREPOT_TLS_KEY_FILE: 'no.pem' }],
    ['a network that is none', '127.0.0.1', { ENTREPOT_TRUSTED_PROXIES: 'foo' }],
  ])('refuses %s', (_, host, env: Record<string, string>) => {
    const below = Object.entries(env).map(([name, value]) => [
      name,
      name.includes('TLS') ? join(folder, value) : value,
    ]);
    expect(() => on(host, Object.fromEntries(below) as Record<string, string>)).toThrow(ConfigInvalid);
  });
});
