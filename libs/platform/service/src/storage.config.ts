import { ConfigInvalid, type Secret, Setting } from '@entrepot/platform-config';

/** Where a service's rows are. */
export class DatabaseConfig {
  @Setting({
    env: 'ENTREPOT_DATABASE_URL',
    kind: 'secret',
    help: 'Postgres URL of this service: its own role, which owns its own schema.',
  })
  databaseUrl!: Secret;
}

/** Which S3 API keeps the bytes, in the form that the driver of libs/blob-store takes. */
export interface S3Place {
  readonly endpoint: string;
  readonly publicEndpoint?: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly pathStyle: boolean;
  readonly partMemoryBytes: number;
  readonly silenceMs: number;
  readonly giveUpMs: number;
}

/** Where one driver keeps bytes. Plain data, secrets revealed. */
export type DriverPlace =
  | { readonly driver: 'directory'; readonly root: string }
  | {
      readonly driver: 's3';
      readonly options: S3Place & ({ readonly bucket: string } | { readonly bucketPrefix: string });
    };

/** Where new bytes go and, with `also`, where earlier ones are: what `openBlobStore` of libs/blob-store takes. */
export type StoragePlace = DriverPlace & { readonly also?: DriverPlace };

/** Where the bytes of blobs are: the same for every gateway and every catalog. */
export class StorageConfig {
  @Setting({
    env: 'ENTREPOT_STORAGE',
    kind: 'string',
    default: 'directory',
    allowed: ['directory', 's3'],
    help: 'What keeps the bytes of blobs: a directory, or an S3 API. The same for every gateway and every catalog.',
    edge: 'What one has stored the other does not see; blobs move with ENTREPOT_STORAGE_ALSO.',
  })
  storage!: 'directory' | 's3';

  @Setting({
    env: 'ENTREPOT_STORAGE_ALSO',
    kind: 'string',
    optional: true,
    allowed: ['directory', 's3'],
    help: 'The other storage, while bytes move from one to the other: read and deleted from, given nothing new.',
    edge: 'npm run storage copies what it holds; see Move to other storage in docs/operations.md.',
  })
  storageAlso?: 'directory' | 's3';

  @Setting({
    env: 'ENTREPOT_BLOB_DIR',
    kind: 'path',
    optional: true,
    help: 'Directory of the blob store; the same one, shared, for the gateway and the catalog.',
    edge: 'Needed by ENTREPOT_STORAGE=directory; npm start has its own, blobs below the data directory.',
  })
  blobDirectory?: string;

  @Setting({
    env: 'ENTREPOT_S3_ENDPOINT',
    kind: 'url',
    optional: true,
    help: 'Address of the S3 API without a path, for example https://s3.eu-central-1.amazonaws.com or http://minio:9000.',
  })
  s3Endpoint?: string;

  @Setting({
    env: 'ENTREPOT_S3_PUBLIC_ENDPOINT',
    kind: 'url',
    optional: true,
    help: 'Address at which clients reach the same S3 API, when it is another one: redirects of direct downloads name it.',
  })
  s3PublicEndpoint?: string;

  @Setting({
    env: 'ENTREPOT_S3_REGION',
    kind: 'string',
    default: 'us-east-1',
    min: 1,
    max: 63,
    help: 'Region of the buckets, as the store calls it.',
  })
  s3Region!: string;

  @Setting({
    env: 'ENTREPOT_S3_ACCESS_KEY',
    kind: 'string',
    optional: true,
    max: 256,
    help: 'Access key of the store.',
  })
  s3AccessKey?: string;

  @Setting({ env: 'ENTREPOT_S3_SECRET_KEY', kind: 'secret', optional: true, max: 1024, help: 'Its secret.' })
  s3SecretKey?: Secret;

  @Setting({
    env: 'ENTREPOT_S3_BUCKET',
    kind: 'string',
    optional: true,
    max: 63,
    help: 'The one bucket of all registries, each below a prefix of its own. It must be there.',
    edge: 'Either this or ENTREPOT_S3_BUCKET_PREFIX.',
  })
  s3Bucket?: string;

  @Setting({
    env: 'ENTREPOT_S3_BUCKET_PREFIX',
    kind: 'string',
    optional: true,
    max: 27,
    help: 'A bucket for each registry, <prefix><registry id>, made with the registry and removed with it. Ends with a hyphen.',
    edge: 'One more bucket, the prefix without its hyphen, says whose store it is.',
  })
  s3BucketPrefix?: string;

  @Setting({
    env: 'ENTREPOT_S3_PATH_STYLE',
    kind: 'boolean',
    default: true,
    help: 'Name buckets in the path, https://store/bucket, as self-hosted stores want it; false: in the host, https://bucket.store.',
    edge: 'Endpoints of Amazon always get the second form.',
  })
  s3PathStyle!: boolean;

  @Setting({
    env: 'ENTREPOT_S3_PART_MEMORY',
    kind: 'bytes',
    default: '256MiB',
    min: 24 * 1024 ** 2,
    max: 64 * 1024 ** 3,
    help: 'Memory that all uploads of one process together may hold on their way to the S3 API.',
    edge: 'Uploads beyond it wait for each other.',
  })
  s3PartMemoryBytes!: number;

  @Setting({
    env: 'ENTREPOT_S3_SILENCE',
    kind: 'duration-seconds',
    default: 15,
    min: 1,
    max: 300,
    help: 'How long a connection to the S3 API may be silent before the request is tried again.',
  })
  s3SilenceSeconds!: number;

  @Setting({
    env: 'ENTREPOT_S3_GIVE_UP',
    kind: 'duration-seconds',
    default: 30,
    min: 1,
    max: 600,
    help: 'How long a request to the S3 API is tried again, with growing pauses.',
    edge: 'After that the client gets 503, and a process that is starting ends.',
  })
  s3GiveUpSeconds!: number;

  /** Whether the bytes are in somebody's object storage rather than on a disk of ours. */
  get objectStorage(): boolean {
    return this.storage === 's3';
  }

  /** Throws `ConfigInvalid` with a sentence for each setting that the chosen storage lacks. */
  get place(): StoragePlace {
    const { storage, storageAlso } = this;
    if (storage === storageAlso) {
      throw new ConfigInvalid([`ENTREPOT_STORAGE_ALSO=${storage} names the same storage as ENTREPOT_STORAGE.`]);
    }
    const place = this.#placeOf(storage, 'ENTREPOT_STORAGE');
    return storageAlso === undefined ? place : { ...place, also: this.#placeOf(storageAlso, 'ENTREPOT_STORAGE_ALSO') };
  }

  #placeOf(driver: 'directory' | 's3', setting: string): DriverPlace {
    return driver === 's3' ? this.#s3(setting) : this.#directory(setting);
  }

  #directory(setting: string): DriverPlace {
    const { blobDirectory: root } = this;
    if (root === undefined) {
      throw new ConfigInvalid([`ENTREPOT_BLOB_DIR is not set, and ${setting}=directory keeps the bytes there.`]);
    }
    return { driver: 'directory', root };
  }

  #s3(setting: string): DriverPlace {
    const { s3Endpoint: endpoint, s3AccessKey: accessKey, s3SecretKey, s3Bucket: bucket } = this;
    const { s3BucketPrefix: bucketPrefix, s3PublicEndpoint: publicEndpoint } = this;
    const needed = { ENDPOINT: endpoint, ACCESS_KEY: accessKey, SECRET_KEY: s3SecretKey };
    const problems = Object.entries(needed)
      .filter(([, value]) => value === undefined)
      .map(([name]) => `ENTREPOT_S3_${name} is not set, and ${setting}=s3 needs it.`);
    if ((bucket === undefined) === (bucketPrefix === undefined)) {
      problems.push(`${setting}=s3 needs either ENTREPOT_S3_BUCKET or ENTREPOT_S3_BUCKET_PREFIX.`);
    }
    if (problems.length > 0) throw new ConfigInvalid(problems);
    const shared = {
      endpoint: endpoint as string,
      ...(publicEndpoint === undefined ? {} : { publicEndpoint }),
      region: this.s3Region,
      accessKey: accessKey as string,
      secretKey: (s3SecretKey as Secret).reveal(),
      pathStyle: this.s3PathStyle,
      partMemoryBytes: this.s3PartMemoryBytes,
      silenceMs: this.s3SilenceSeconds * 1000,
      giveUpMs: this.s3GiveUpSeconds * 1000,
    };
    const buckets = bucket === undefined ? { bucketPrefix: bucketPrefix as string } : { bucket };
    return { driver: 's3', options: { ...shared, ...buckets } };
  }
}
