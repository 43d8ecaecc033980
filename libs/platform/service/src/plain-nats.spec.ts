import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@entrepot/platform-config';
import { plainNatsRefusal } from './plain-nats.js';
import { ServiceConfig } from './service.config.js';

const refusalOf = (natsUrl: string, env: Record<string, string> = {}) =>
  plainNatsRefusal(loadConfig(ServiceConfig, { ENTREPOT_NATS_URL: natsUrl, ...env }));

describe('NATS without TLS', () => {
  it.each(['nats://127.0.0.1:4222', '127.0.0.1:4222', 'localhost', 'nats://[::1]:4222', '127.0.0.1:1, 127.0.0.1:2'])(
    'is taken on this machine: %s',
    (url) => expect(refusalOf(url)).toBeNull(),
  );

  it.each([
    ['nats://nats:4222', 'nats'],
    ['nats.example.com', 'nats.example.com'],
    ['tls://nats.example.com:4222', 'nats.example.com'],
    ['127.0.0.1:4222,10.0.0.7:4222', '10.0.0.7'],
    ['nats://user:secret@10.0.0.7:4222', '10.0.0.7'],
    ['nats://127.0.0.1.example.com', '127.0.0.1.example.com'],
    ['nats://[fd00::1]:4222', '[fd00::1]'],
    ['nats://user:secret@:::', 'an address that is none'],
  ])('is refused beyond it, in one sentence without what is secret: %s', (url, host) => {
    expect(refusalOf(url)).toBe(
      `ENTREPOT_NATS_URL leads to ${host}, beyond this machine, where passwords would travel in the clear: set ENTREPOT_NATS_TLS, or allow it explicitly by ENTREPOT_ALLOW_PLAIN_NATS.`,
    );
  });

  it('is taken beyond it only by the loud setting; with TLS NATS may be anywhere', () => {
    expect(refusalOf('nats://nats:4222', { ENTREPOT_ALLOW_PLAIN_NATS: 'true' })).toBeNull();
    expect(refusalOf('nats://nats:4222', { ENTREPOT_NATS_TLS: 'true' })).toBeNull();
  });
});
