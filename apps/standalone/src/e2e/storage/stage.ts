import { FaultProxy, type S3Server, TestBucket } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';

/** The suite on an S3 server, with a proxy in between that can make the server fail. */
export interface Stage extends Scene {
  readonly server: S3Server;
  readonly proxy: FaultProxy;
  /** The one that all registries share; null where each has its own. */
  readonly shared: TestBucket | null;
}

export const BUCKET_PREFIX = 'e2e-';

/** Settings that choose a bucket for each registry on this server. */
export function s3Settings(server: S3Server, endpoint = server.endpoint): Record<string, string> {
  return {
    ENTREPOT_STORAGE: 's3',
    ENTREPOT_S3_ENDPOINT: endpoint,
    ENTREPOT_S3_ACCESS_KEY: server.accessKey,
    ENTREPOT_S3_SECRET_KEY: server.secretKey,
    ENTREPOT_S3_BUCKET_PREFIX: BUCKET_PREFIX,
    ENTREPOT_S3_PUBLIC_ENDPOINT: server.endpoint,
    ENTREPOT_DIRECT_DOWNLOADS: 'own',
    ENTREPOT_ACTIVITY_INTERVAL: '1s',
    ENTREPOT_MAX_REGISTRIES: '10',
    // Tests wait for what was given up.
    ENTREPOT_S3_GIVE_UP: '2s',
  };
}

/** The same with one bucket for all, chosen as in docs/operations.md. */
export function sharedBucket({ name }: TestBucket): Record<string, string> {
  return { ENTREPOT_S3_BUCKET: name, ENTREPOT_S3_BUCKET_PREFIX: '' };
}

/** Where a registry's objects are. */
export function bucketOf({ server, shared }: Stage, registryId: string): TestBucket {
  return shared ?? TestBucket.of(server, `${BUCKET_PREFIX}${registryId}`);
}

/** The bytes of every object of a registry. */
export async function objectsOf(stage: Stage, registryId: string): Promise<Buffer[]> {
  const bucket = bucketOf(stage, registryId);
  const prefix = stage.shared ? `registries/${registryId}/` : '';
  const objects: Buffer[] = [];
  for (const name of (await bucket.contents()).filter((object) => object.startsWith(prefix))) {
    const stream = await bucket.client.getObject(bucket.name, name);
    objects.push(Buffer.concat((await stream.toArray()) as Buffer[]));
  }
  return objects;
}

/** Whether the middle of `bytes` stands in one of the objects. */
export function isAmong(objects: readonly Buffer[], bytes: Buffer): boolean {
  const piece = bytes.subarray(bytes.length / 2, bytes.length / 2 + 64);
  return objects.some((object) => object.includes(piece));
}

/** Repeats a question until it is answered as wished: what fails comes back by itself, but not at once. */
export async function eventually<T>(ask: () => Promise<T>, wished: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (wished(answer) || Date.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
