import { Setting } from '@entrepot/platform-config';
import { HostsConfig } from '@entrepot/platform-service';

/** Kinds of hosts: the installation's own, and those of registries below the private and the public domain. */
export type DirectDownloadHost = 'own' | 'private' | 'public';

/** Settings of the registry gateway. Units are in the names. */
export class GatewayConfig extends HostsConfig {
  @Setting({
    env: 'ENTREPOT_MAX_BLOB_BYTES',
    kind: 'bytes',
    default: '1TiB',
    min: 1024,
    help: 'The largest blob that can be pushed.',
    edge: 'A larger one gets 413 SIZE_INVALID.',
  })
  maxBlobBytes!: number;

  @Setting({
    env: 'ENTREPOT_MIN_FREE_BYTES',
    kind: 'bytes',
    default: '1GiB',
    min: 0,
    help: 'Free disk space below which pushes are refused; deletes and pulls go on.',
    edge: 'Below it a push gets 507; 0 switches the mark off.',
  })
  minFreeBytes!: number;

  @Setting({
    env: 'ENTREPOT_READ_ONLY',
    kind: 'boolean',
    default: false,
    help: 'Refuse every push and delete; pulls work.',
  })
  readOnly!: boolean;

  @Setting({
    env: 'ENTREPOT_MANIFEST_CACHE_BYTES',
    kind: 'bytes',
    default: '64MiB',
    min: 0,
    max: 16 * 1024 ** 3,
    help: 'Memory for manifests, by digest. They never change, so they never expire.',
  })
  manifestCacheBytes!: number;

  @Setting({
    env: 'ENTREPOT_ACTIVITY_INTERVAL',
    kind: 'duration-seconds',
    default: 15,
    min: 1,
    max: 300,
    help: 'How long pulls and refusals are counted in memory before the catalog is told.',
    edge: 'A gateway that is killed loses this much of its counts; the access log has each request.',
  })
  activityIntervalSeconds!: number;

  @Setting({
    env: 'ENTREPOT_DIRECT_DOWNLOADS',
    kind: 'list',
    default: [],
    allowed: ['own', 'private', 'public'],
    help: 'At which hosts a GET of a blob is answered with a redirect to the object storage: own is the installation’s, private and public are those of registries.',
    edge: 'Only for blobs that are not encrypted, pushed while a host was named here; everything else is streamed. Needs ENTREPOT_STORAGE=s3.',
  })
  directDownloads!: readonly DirectDownloadHost[];

  @Setting({
    env: 'ENTREPOT_DIRECT_DOWNLOAD_LIFETIME',
    kind: 'duration-seconds',
    default: 300,
    min: 10,
    max: 3_600,
    help: 'How long a redirect may be followed. Whoever has it can read that one blob meanwhile, without a login.',
    edge: 'A download that has begun goes on.',
  })
  directDownloadSeconds!: number;
}
