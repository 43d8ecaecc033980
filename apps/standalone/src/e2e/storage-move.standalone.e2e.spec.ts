import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataDirectory, runningServiceUrl } from '@entrepot/platform-embedded';
import {
  aBlob,
  aManifest,
  type Content,
  openUpload,
  type RegistryClient,
  type S3Server,
  startSeaweedfs,
  UploadSession,
} from '@entrepot/testing';
import { eventually, s3Settings } from './storage/stage.js';
import { StorageCommand } from './storage/storage-command.js';
import { rootClient, useSuite } from './support/scene.js';

const MIB = 1024 * 1024;
const NAME = 'demo/apps/moving';

/** The way of docs/operations.md, there and back. */
describe('moving to other storage', () => {
  let server: S3Server;
  const scene = useSuite(async () => {
    server = await startSeaweedfs();
    return { env: { ENTREPOT_RELEASE_INTERVAL_SECONDS: '1' } };
  });
  afterAll(() => server?.stop());

  const image = aManifest({ seed: 'moving', layers: 3 });
  const blobs = Array.from({ length: 30 }, (_, n) => aBlob(150_000 + n, `moving ${n}`));
  const large = aBlob(24 * MIB + 5, 'moving large');
  const [doomed, kept] = [blobs.slice(0, 5), [...blobs.slice(5), large]];

  const inS3 = () => ({ ...s3Settings(server), ENTREPOT_STORAGE: 's3' });
  const toS3 = () => ({ ...inS3(), ENTREPOT_STORAGE_ALSO: 'directory' });
  const back = () => ({ ...inS3(), ENTREPOT_STORAGE: 'directory', ENTREPOT_STORAGE_ALSO: 's3' });

  function storage(settings: Record<string, string>, ...args: string[]): StorageCommand {
    return new StorageCommand([...args, '--data-dir', scene().suite.dataDirectory], settings);
  }

  async function restarted(settings: Record<string, string>): Promise<RegistryClient> {
    await scene().suite.restart(settings);
    return rootClient(scene().suite);
  }

  async function isServed(client: RegistryClient, { digest, bytes }: Content): Promise<boolean> {
    return (await client.get(`/v2/${NAME}/blobs/${digest}`)).body.equals(bytes);
  }

  async function allAreServed(client: RegistryClient, contents: readonly Content[]): Promise<void> {
    for (const content of contents) expect(await isServed(client, content)).toBe(true);
    await client.pullImage(NAME, image, '1');
  }

  /** What would be an hour later: the old bytes are due. */
  async function graceIsOver(): Promise<void> {
    const url = runningServiceUrl(DataDirectory.at(scene().suite.dataDirectory), 'catalog');
    const client = new pg.Client({ connectionString: url ?? '' });
    await client.connect();
    await client.query(`UPDATE catalog.blob SET keep_until = now() WHERE state = 'releasing'`);
    await client.end();
  }

  function filesOfBlobs(): string[] {
    const root = join(DataDirectory.at(scene().suite.dataDirectory).blobs, 'registries');
    const entries = readdirSync(root, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }

  it('copies a directory into S3 while clients push, pull and delete, through a kill -9 of the command', async () => {
    const before = scene().root;
    for (const blob of [...blobs, large]) expect((await before.pushBlob(NAME, blob)).status).toBe(201);
    await before.pushImage(NAME, image, ['1']);
    const began = aBlob(3 * MIB, 'began before');
    const session = new UploadSession(before, await openUpload(before, NAME));
    expect((await session.chunk(began.bytes.subarray(0, MIB))).status).toBe(202);

    const client = await restarted(toS3());
    await allAreServed(client, [...blobs, large]);
    const resumed = new UploadSession(client, await client.get(session.location));
    resumed.offset = MIB;
    expect((await resumed.end(began.digest, began.bytes.subarray(MIB))).status).toBe(201);
    const fresh = aBlob(200_000, 'pushed meanwhile');
    expect((await client.pushBlob(NAME, fresh)).status).toBe(201);

    const killed = storage(toS3(), 'copy', '--rate', '4');
    await eventually(
      async () => killed.said,
      (said) => said.includes('are to be copied to s3'),
    );
    for (const blob of doomed) {
      expect((await client.delete(`/v2/${NAME}/blobs/${blob.digest}`)).status).toBe(202);
      expect(await isServed(client, large)).toBe(true);
    }
    killed.kill();
    expect(await killed.code).toBeNull();

    const runs = [storage(toS3(), 'copy'), storage(toS3(), 'copy')];
    const late = aBlob(100_000, 'pushed while it is copied');
    expect((await client.pushBlob(NAME, late)).status).toBe(201);
    expect(await Promise.all(runs.map(({ code }) => code))).toEqual([0, 0]);
    const contents = [...kept, began, fresh, late];
    await allAreServed(client, contents);

    expect(await storage(toS3(), 'status').code).toBe(1);
    await graceIsOver();
    await eventually(
      () => storage(toS3(), 'status').code,
      (code) => code === 0,
    );
    expect(filesOfBlobs()).toEqual([]);
    client.close();
    const after = await restarted(inS3());
    await allAreServed(after, contents);
    after.close();
  }, 300_000);

  it('and back from S3 into the directory', async () => {
    const client = await restarted(back());
    const copy = storage(back(), 'copy');
    expect([await copy.code, copy.said]).toEqual([0, expect.stringContaining('copied and proven')]);
    await graceIsOver();
    await eventually(
      () => storage(back(), 'status').code,
      (code) => code === 0,
    );
    client.close();
    const after = await restarted({});
    await allAreServed(after, kept);
    after.close();
  }, 300_000);
});
