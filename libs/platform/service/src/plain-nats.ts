import { isLoopback } from '@entrepot/platform-http';
import type { ServiceConfig } from './service.config.js';

/**
 * Why a service must not connect to NATS, or null when it may: its password, manifests and what clients send to the management API travel
 * there, so without TLS it must be on this machine, unless the loud setting allows it. The scheme of the address decides nothing.
 */
export function plainNatsRefusal({
  natsUrl,
  natsTls,
  allowPlainNats,
}: Pick<ServiceConfig, 'natsUrl' | 'natsTls' | 'allowPlainNats'>): string | null {
  if (natsTls || allowPlainNats) return null;
  const host = serversOf(natsUrl)
    .map(hostOf)
    .find((it) => !isLoopback(it));
  if (host === undefined) return null;
  return (
    `ENTREPOT_NATS_URL leads to ${host}, beyond this machine, where passwords would travel in the clear: set ENTREPOT_NATS_TLS, or allow ` +
    'it explicitly by ENTREPOT_ALLOW_PLAIN_NATS.'
  );
}

/** The servers of the setting, as they are written. */
export function serversOf(natsUrl: string): string[] {
  return natsUrl.split(',').map((server) => server.trim());
}

function hostOf(server: string): string {
  const url = server.includes('://') ? server : `nats://${server}`;
  // Neither is what can't be read: it may hold a password, and it is nothing that we could vouch for.
  return URL.canParse(url) ? new URL(url).hostname : 'an address that is none';
}
