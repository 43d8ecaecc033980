import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';

export const EVENTS_STREAM = 'ENTREPOT_EVENTS';
export const EVENTS_SUBJECTS = 'events.>';
export const DEAD_LETTERS_STREAM = 'ENTREPOT_DEAD_LETTERS';
export const DEAD_LETTERS_PREFIX = 'dead-letters';

/** What the stream of facts may take. Older facts go first; a consumer that lags further behind has missed them. */
export interface StreamLimits {
  /** 7 days unless told. */
  maxAgeMs?: number;
  /** 1 GiB unless told. */
  maxBytes?: number;
  /** Servers of the cluster that keep a copy; 1 unless told. */
  replicas?: number;
}

const DAY_MS = 86_400_000;
/** JetStream itself drops a fact published twice within it (`Nats-Msg-Id`). */
const DUPLICATE_WINDOW_MS = 120_000;
const NO_STREAM = 10059;

const nanos = (ms: number): number => ms * 1_000_000;

/** Makes the stream of facts, or brings its limits up to date. Needs `$JS.API.STREAM.*` on it; with less, an operator makes it. */
export async function ensureEventsStream(manager: JetStreamManager, limits: StreamLimits = {}): Promise<void> {
  await ensureStream(manager, {
    name: EVENTS_STREAM,
    subjects: [EVENTS_SUBJECTS],
    max_age: nanos(limits.maxAgeMs ?? 7 * DAY_MS),
    max_bytes: limits.maxBytes ?? 1024 ** 3,
    num_replicas: limits.replicas ?? 1,
  });
}

/** Makes the stream that keeps what no consumer could understand, for an operator to look at. */
export async function ensureDeadLettersStream(manager: JetStreamManager): Promise<void> {
  await ensureStream(manager, {
    name: DEAD_LETTERS_STREAM,
    subjects: [`${DEAD_LETTERS_PREFIX}.>`],
    max_age: nanos(30 * DAY_MS),
    max_bytes: 64 * 1024 ** 2,
    num_replicas: 1,
  });
}

type OurConfig = Pick<StreamConfig, 'name' | 'subjects' | 'max_age' | 'max_bytes' | 'num_replicas'>;

async function ensureStream(manager: JetStreamManager, wanted: OurConfig): Promise<void> {
  const config = {
    ...wanted,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  };
  const existing = await manager.streams.info(wanted.name).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === NO_STREAM) return undefined;
    throw error;
  });
  if (!existing) await manager.streams.add(config);
  else if (differs(existing.config, wanted)) await manager.streams.update(wanted.name, wanted);
}

function differs(existing: StreamConfig, wanted: OurConfig): boolean {
  return (Object.keys(wanted) as (keyof OurConfig)[]).some(
    (key) => JSON.stringify(existing[key]) !== JSON.stringify(wanted[key]),
  );
}
