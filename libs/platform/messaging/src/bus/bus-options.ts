import type { TlsOptions } from '@nats-io/transport-node';
import type { PlatformLogger } from '@entrepot/platform-persistence';

/** How a service reaches NATS. Each service has its own user, whose allowed subjects are in `deploy/nats`. */
export interface BusOptions {
  /** `nats://host:port`, one or several of a cluster. */
  servers: string | string[];
  /** Name of the service: of its connections, its queue group and its inboxes. */
  service: string;
  user?: string;
  password?: string;
  /** Needed off loopback. `{}` trusts the system's authorities. */
  tls?: TlsOptions;
  /** How long `open` waits for a server that is not there yet; 30,000 unless told. */
  connectWithinMs?: number;
  logger: PlatformLogger;
}
