import { BlobStoreUnavailable } from '../errors.js';

const MIB = 1024 * 1024;

/** Where the buckets are and who asks. */
export interface S3Access {
  /** URL of the S3 API, without a path: `https://s3.eu-central-1.amazonaws.com`, `http://minio:9000`. */
  readonly endpoint: string;
  /** As the store calls it; `us-east-1` when absent, which most self-hosted stores accept. */
  readonly region?: string | undefined;
  readonly accessKey: string;
  readonly secretKey: string;
  /** `https://store/bucket/key` rather than `https://bucket.store/key`; true when absent. Amazon's endpoints always take the second form. */
  readonly pathStyle?: boolean | undefined;
}

/** Either all registries share `bucket`, or each has the bucket `<bucketPrefix><registry id>`. */
export type S3Buckets =
  | { readonly bucket: string; readonly bucketPrefix?: undefined }
  | {
      readonly bucket?: undefined;
      /** Ends with `-`. What comes before is the name of one more bucket, which says whose store this is. */
      readonly bucketPrefix: string;
    };

export interface S3Limits {
  /** Bytes that all uploads of this process may hold together while they are on their way; uploads beyond wait. */
  readonly partMemoryBytes?: number | undefined;
  /** How long a connection may be silent before the request counts as failed and is tried again. */
  readonly silenceMs?: number | undefined;
  /** How long a request is tried again before its caller is told that the store is not available. */
  readonly giveUpMs?: number | undefined;
  /** First pause before a request is tried again; doubles each time, with jitter. */
  readonly backoffMs?: number | undefined;
}

export type S3Options = S3Access &
  S3Buckets &
  S3Limits & {
    /** URL by which clients reach the S3 API, when it is not `endpoint`: presigned URLs name it. */
    readonly publicEndpoint?: string | undefined;
  };

/** The options with every default filled in. */
export interface S3Settings {
  readonly endpoint: URL;
  readonly publicEndpoint: URL;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly pathStyle: boolean;
  readonly bucket: string | null;
  readonly bucketPrefix: string | null;
  readonly partMemoryBytes: number;
  readonly silenceMs: number;
  readonly giveUpMs: number;
  readonly backoffMs: number;
}

// Room for three parts of the smallest size: less, and a single upload could not overlap sending with receiving.
const MIN_PART_MEMORY = 24 * MIB;

/** Throws `BlobStoreUnavailable` with one sentence that names the first option that is wrong, and never a key. */
export function settingsOf(options: S3Options): S3Settings {
  const { accessKey, secretKey, region = 'us-east-1', pathStyle = true } = options;
  if (!accessKey || !secretKey) throw wrong('needs an access key and a secret key');
  if (!/^[a-z0-9-]{1,63}$/.test(region)) throw wrong(`has no region ${JSON.stringify(region)}`);
  const endpoint = urlOf(options.endpoint);
  return {
    endpoint,
    publicEndpoint: options.publicEndpoint === undefined ? endpoint : urlOf(options.publicEndpoint),
    region,
    accessKey,
    secretKey,
    pathStyle,
    ...bucketsOf(options),
    partMemoryBytes: atLeast(MIN_PART_MEMORY, 'bytes of part memory', options.partMemoryBytes ?? 256 * MIB),
    silenceMs: atLeast(1, 'ms of silence', options.silenceMs ?? 15_000),
    giveUpMs: atLeast(0, 'ms of trying', options.giveUpMs ?? 60_000),
    backoffMs: atLeast(1, 'ms of pause', options.backoffMs ?? 100),
  };
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  const sound = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.username;
  // Not shown: a URL with a password in it is a likely mistake.
  if (!sound) throw wrong('needs an endpoint such as https://storage.example.com:9000, without path and password');
  return url;
}

function bucketsOf({ bucket, bucketPrefix }: S3Options): Pick<S3Settings, 'bucket' | 'bucketPrefix'> {
  if ((bucket === undefined) === (bucketPrefix === undefined)) {
    throw wrong('needs either a bucket or a prefix for the buckets of registries');
  }
  if (bucket !== undefined && !isBucketName(bucket)) throw wrong(`cannot have a bucket ${JSON.stringify(bucket)}`);
  // Names have at most 63 characters; a registry's id has 36.
  if (bucketPrefix !== undefined && !/^[a-z0-9][a-z0-9-]{1,24}[a-z0-9]-$/.test(bucketPrefix)) {
    throw wrong(`cannot have the bucket prefix ${JSON.stringify(bucketPrefix)}: 4–27 of a–z, 0–9 and -, the last a -`);
  }
  return { bucket: bucket ?? null, bucketPrefix: bucketPrefix ?? null };
}

/** As Amazon allows them, without dots: those break TLS in the virtual-host style. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name);
}

function atLeast(least: number, what: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < least) throw wrong(`needs at least ${least} ${what}`);
  return value;
}

function wrong(what: string): BlobStoreUnavailable {
  return new BlobStoreUnavailable(`the S3 store ${what}`, false);
}
