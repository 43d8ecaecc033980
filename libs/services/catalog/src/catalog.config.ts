import { Setting } from '@entrepot/platform-config';

/** Settings of the catalog. Units are in the names. */
export class CatalogConfig {
  @Setting({
    env: 'ENTREPOT_DATABASE_URL',
    kind: 'string',
    help: 'Postgres database that holds the schema `catalog`, as postgres://user:password@host:port/database.',
  })
  databaseUrl!: string;

  @Setting({
    env: 'ENTREPOT_CATALOG_POOL_SIZE',
    kind: 'integer',
    default: 16,
    min: 2,
    max: 500,
    help: 'Connections to Postgres for everything but look-ups; those have four of their own.',
    edge: 'When all are busy a write waits up to 5 seconds, then gets 503.',
  })
  poolSize!: number;

  @Setting({
    env: 'ENTREPOT_LOOKUP_MEMORY',
    kind: 'integer',
    default: 50_000,
    min: 0,
    max: 10_000_000,
    help: 'Answers of look-ups that a catalog remembers while it is the only one, at about 1 KiB each.',
    edge: '0: every pull asks Postgres, as it does while several catalogs run.',
  })
  lookupMemory!: number;

  @Setting({
    env: 'ENTREPOT_ALONE_AFTER_SECONDS',
    kind: 'duration-seconds',
    default: 60,
    min: 0,
    max: 86_400,
    help: 'How long a catalog must have been the only one before it answers from memory.',
    edge: 'Less than a minute is for tests: what another catalog had under way when it was cut off may not be over.',
  })
  aloneAfterSeconds!: number;

  @Setting({
    env: 'ENTREPOT_DEFAULT_ACCOUNT_ID',
    kind: 'string',
    default: '000000000001',
    min: 1,
    max: 36,
    help: 'The account that a bare registry name in a path belongs to, and that the first start makes a registry for.',
  })
  defaultAccountId!: string;

  @Setting({
    env: 'ENTREPOT_RELEASE_INTERVAL_SECONDS',
    kind: 'duration-seconds',
    default: 60,
    min: 1,
    max: 86_400,
    help: 'How often the release worker looks for expired uploads and bytes that nothing refers to.',
  })
  releaseIntervalSeconds!: number;

  @Setting({
    env: 'ENTREPOT_SCRUB_BYTES_PER_SECOND',
    kind: 'bytes',
    default: '20MiB',
    min: 0,
    help: 'How fast each catalog reads stored bytes back to verify them.',
    edge: '0: never. Damage is then met by whoever pulls, and nothing is quarantined.',
  })
  scrubBytesPerSecond!: number;

  @Setting({
    env: 'ENTREPOT_SCRUB_INTERVAL_SECONDS',
    kind: 'duration-seconds',
    default: '7d',
    min: 1,
    max: 315_360_000,
    help: 'How long after it was last verified a blob is read again.',
    edge: 'When the rate is too low for it, the longest unverified come first, and a line in the log says so each hour.',
  })
  scrubIntervalSeconds!: number;

  @Setting({
    env: 'ENTREPOT_MAX_REGISTRIES',
    kind: 'integer',
    default: 2,
    min: 0,
    max: 1_000_000,
    help: 'Registries that an account may have.',
    edge: 'Creating one more is refused with the numbers; those that are there stay.',
  })
  maxRegistries!: number;

  @Setting({
    env: 'ENTREPOT_MAX_REPOSITORIES',
    kind: 'integer',
    default: 1_000,
    min: 0,
    max: 1_000_000,
    help: 'Repositories that an account may have, in all its registries together.',
    edge: 'Creating one more is refused with the numbers; those that are there stay.',
  })
  maxRepositories!: number;

  @Setting({
    env: 'ENTREPOT_READ_ONLY',
    kind: 'boolean',
    default: false,
    help: 'Refuse every push and delete; pulls work.',
    edge: 'Access keys and policies may still be changed.',
  })
  readOnly!: boolean;
}
