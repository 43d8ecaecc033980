import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigInvalid } from '@entrepot/platform-config';
import { isLoopback, networkProblems, plainHttpRefusal, type TlsPem } from '@entrepot/platform-http';
import type { ListenerConfig } from './listener.config.js';

export interface Listener {
  readonly tls: TlsPem | undefined;
  /** Requests in the clear from beyond loopback are refused, unless a trusted proxy ended TLS. */
  readonly httpsOnly: boolean;
  readonly scheme: 'http' | 'https';
}

/** How to listen on `host`. Throws `ConfigInvalid` for plain HTTP beyond loopback, half a certificate and networks that are none. */
export function listenerOf(host: string, config: ListenerConfig): Listener {
  const proxies = networkProblems(config.trustedProxies);
  if (proxies.length > 0) throw new ConfigInvalid(proxies.map((problem) => `ENTREPOT_TRUSTED_PROXIES: ${problem}`));
  const tls = tlsOf(config);
  const refusal = plainHttpRefusal({ ...config, host, hasTls: tls !== undefined });
  if (refusal) throw new ConfigInvalid([refusal]);
  const httpsOnly = tls === undefined && !config.allowPlainHttp && !isLoopback(host);
  return { tls, httpsOnly, scheme: tls ? 'https' : 'http' };
}

function tlsOf({ tlsCertFile, tlsKeyFile }: ListenerConfig): TlsPem | undefined {
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined;
  if (tlsCertFile === undefined || tlsKeyFile === undefined) {
    throw new ConfigInvalid(['HTTPS needs both ENTREPOT_TLS_CERT_FILE and ENTREPOT_TLS_KEY_FILE.']);
  }
  const pem = { cert: read(tlsCertFile, 'ENTREPOT_TLS_CERT_FILE'), key: read(tlsKeyFile, 'ENTREPOT_TLS_KEY_FILE') };
  try {
    createSecureContext(pem);
  } catch (error) {
    throw new ConfigInvalid([
      `ENTREPOT_TLS_CERT_FILE and ENTREPOT_TLS_KEY_FILE must name a certificate (PEM) and the key that belongs to it: ${(error as Error).message}.`,
    ]);
  }
  return pem;
}

function read(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigInvalid([
      `${setting} names ${file}, which can't be read (${(cause as NodeJS.ErrnoException).code}).`,
    ]);
  }
}
