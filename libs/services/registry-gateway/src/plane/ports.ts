import type { AccessClient, BoundedCache, HostConfig } from '@entrepot/access';
import type { SealedBlobStore } from '@entrepot/blob-store';
import type { LookupAnswer, LookupQuestion } from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';
import type { AccessLog, Logger } from '@entrepot/platform-observability';
import type { ActivityReporter } from '../activity/activity-reporter.js';
import type { DamageReporter } from '../blobs/damage-reporter.js';
import type { GatewayConfig } from '../gateway.config.js';
import type { RunningDigests } from '../uploads/running-digests.js';
import type { WriteGate } from '../uploads/write-gate.js';

/** All that the data plane needs. It knows no Nest: a test can drive it with ports of its own. */
export interface Ports {
  readonly config: GatewayConfig;
  /** Which hosts are ours, read once from the settings. */
  readonly hosts: HostConfig;
  readonly logger: Logger;
  readonly accessLog: AccessLog;
  readonly messages: MessageClient;
  readonly access: Pick<AccessClient, 'authenticate'>;
  /** Without what may list, or takes bytes away: that is done where no client waits. */
  readonly blobs: Omit<SealedBlobStore, 'tidy' | 'abort' | 'delete' | 'deleteKey'>;
  /** Concurrent look-ups travel together. */
  readonly lookups: { ask(question: LookupQuestion): Promise<LookupAnswer> };
  /** Bytes of manifests by digest, weighed: immutable, so room is all there is to think of. Whether an image *has* one is asked each time. */
  readonly manifests: BoundedCache<string, Buffer>;
  readonly activity: ActivityReporter;
  readonly damage: Pick<DamageReporter, 'met'>;
  readonly digests: RunningDigests;
  readonly writes: WriteGate;
  readonly now: () => Date;
}
