import { randomBytes } from 'node:crypto';
import { Client } from 'minio';
import type { S3Server } from './s3-server.js';

export interface BucketOptions {
  /** Keeps every version of every object. */
  readonly versioning?: boolean;
  /** Makes the bucket with object lock, which keeps what it is told to. */
  readonly locking?: boolean;
  /** The same, and it is told to keep each new object for so many days. */
  readonly lockDays?: number;
}

/** A bucket of one test's own, seen with other eyes than those of the driver. */
export class TestBucket {
  private constructor(
    readonly name: string,
    readonly client: Client,
  ) {}

  static async make(
    server: S3Server,
    { versioning, lockDays, locking = lockDays !== undefined }: BucketOptions = {},
  ): Promise<TestBucket> {
    const client = clientOf(server);
    const name = `test-${randomBytes(6).toString('hex')}`;
    await client.makeBucket(name, '', locking ? { ObjectLocking: true } : undefined);
    if (versioning) await client.setBucketVersioning(name, { Status: 'Enabled' });
    const mode = 'GOVERNANCE' as never;
    if (lockDays !== undefined) {
      await client.setObjectLockConfig(name, { mode, unit: 'Days' as never, validity: lockDays });
    }
    return new TestBucket(name, client);
  }

  /** A bucket that somebody else made. */
  static of(server: S3Server, name: string): TestBucket {
    return new TestBucket(name, clientOf(server));
  }

  /** Names of all versions of all objects, markers of deletion, and uploads that were not ended; up to a thousand of each. */
  async contents(): Promise<string[]> {
    const options = { Delimiter: '', MaxKeys: 1_000, IncludeVersion: true };
    const { objects } = await this.client.listObjectsQuery(this.name, '', '', options);
    const { uploads } = await this.client.listIncompleteUploadsQuery(this.name, '', '', '', '');
    return [...objects.map(({ name }) => String(name)), ...uploads.map(({ key }) => `${key} (upload)`)];
  }

  /** Removes what is in it, for the next test. */
  async empty(): Promise<void> {
    const options = { Delimiter: '', MaxKeys: 1_000, IncludeVersion: true };
    const { objects } = await this.client.listObjectsQuery(this.name, '', '', options);
    const { uploads } = await this.client.listIncompleteUploadsQuery(this.name, '', '', '', '');
    const versions = objects.map((object) => object as { name: string; versionId: string });
    if (versions.length > 0) await this.client.removeObjects(this.name, versions);
    for (const { key, uploadId } of uploads) await this.client.abortMultipartUpload(this.name, key, uploadId);
  }
}

export function clientOf(server: S3Server): Client {
  const { hostname, port } = new URL(server.endpoint);
  const { accessKey, secretKey } = server;
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey,
    secretKey,
    region: 'us-east-1',
  });
}
