import { Setting } from '@entrepot/platform-config';

/** How a process that clients reach speaks HTTP. */
export class ListenerConfig {
  @Setting({
    env: 'ENTREPOT_TLS_CERT_FILE',
    kind: 'path',
    optional: true,
    help: 'Certificate chain (PEM): HTTPS is then spoken directly.',
  })
  tlsCertFile?: string;

  @Setting({ env: 'ENTREPOT_TLS_KEY_FILE', kind: 'path', optional: true, help: 'Its private key (PEM).' })
  tlsKeyFile?: string;

  @Setting({
    env: 'ENTREPOT_TRUSTED_PROXIES',
    kind: 'list',
    default: [],
    help: 'Networks (CIDR) of proxies whose X-Forwarded headers are believed.',
  })
  trustedProxies!: readonly string[];

  @Setting({
    env: 'ENTREPOT_ALLOW_PLAIN_HTTP',
    kind: 'boolean',
    default: false,
    help: 'Serve plain HTTP beyond loopback. Secrets then travel in the clear.',
  })
  allowPlainHttp!: boolean;
}
