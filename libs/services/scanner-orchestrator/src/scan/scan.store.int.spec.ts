import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, DatabaseBusy, silentLogger } from '@entrepot/platform-persistence';
import { testDatabase, type TestDatabase } from '@entrepot/testing';
import { scannerSchema } from '../scanner-schema.js';
import type { Ending, PushedScan } from './scan.js';
import { ScanStore } from './scan.store.js';

const REGISTRY = '0193a0c2d4e87b0f9a1c3e5d7f90b2a4';
const DIGESTS = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}`);
const [A, B, C] = DIGESTS as [string, string, string];
const NOW = new Date();

let scratch: TestDatabase;
let database: Database;
let store: ScanStore;

const sequence = (n: number): string => String(n).padStart(19, '0');
const scanOf = (digest: string, n: number, more: Partial<PushedScan> = {}): PushedScan => ({
  accountId: 'account',
  registryId: REGISTRY,
  repositoryId: 'repository-1',
  repository: 'apps',
  imageId: 'image-1',
  image: 'hello',
  digest,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  artifactType: null,
  subject: null,
  size: 7_340_032,
  pushedAt: NOW,
  sequence: sequence(n),
  ...more,
});
const push = (...[digest, n, more]: Parameters<typeof scanOf>): Promise<void> =>
  store.pushed([scanOf(digest, n, more)]);
const end = (what: Partial<Ending>, n: number | null): Promise<void> =>
  store.ended({ registryId: REGISTRY, at: NOW, ...what, sequence: n === null ? null : sequence(n) });
const listed = async (registryId = REGISTRY): Promise<string[]> =>
  (await store.list({ accountId: 'account', registryId, limit: 100 })).map(({ digest }) => digest);
/** As the stream does it: a fact comes again that met a busy machine. */
async function untilHeard(tell: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await tell();
    } catch (error) {
      if (!(error instanceof DatabaseBusy)) throw error;
    }
  }
}

beforeAll(async () => {
  scratch = await testDatabase();
  database = await Database.open({ ...scannerSchema, url: scratch.url, logger: silentLogger });
  await database.migrate();
  store = new ScanStore(database);
});

beforeEach(() => database.query('TRUNCATE scan, ended'));

afterAll(async () => {
  await database?.close();
  await scratch?.drop();
});

describe('ScanStore.pushed', () => {
  it('records a manifest as unscanned', async () => {
    await push(A, 1);
    const [scan] = await store.list({ accountId: 'account', registryId: REGISTRY, state: 'Unscanned', limit: 10 });
    expect(scan).toEqual({
      accountId: 'account',
      registryId: REGISTRY,
      repositoryId: 'repository-1',
      repository: 'apps',
      imageId: 'image-1',
      image: 'hello',
      digest: A,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: null,
      subject: null,
      size: 7_340_032,
      state: 'Unscanned',
      pushedAt: NOW,
    });
  });

  it('records it once, however often it is told, with the time of the latest push', async () => {
    const later = new Date(NOW.getTime() + 60_000);
    await push(A, 1);
    await push(A, 5, { pushedAt: later });
    await push(A, 1);
    const scans = await store.list({ accountId: 'account', registryId: REGISTRY, limit: 10 });
    expect(scans.map(({ pushedAt }) => pushedAt)).toEqual([later]);
  });
});

describe('ScanStore.pushed with many', () => {
  it('records each, of one manifest the latest push, and none that has ended', async () => {
    const later = new Date(NOW.getTime() + 60_000);
    await end({ imageId: 'image-1', digest: C }, 9);
    await store.pushed([
      scanOf(A, 3, { pushedAt: later }),
      scanOf(B, 2),
      scanOf(A, 1),
      scanOf(C, 4),
      scanOf(A, 5, { registryId: 'another', imageId: 'image-2' }),
    ]);
    const scans = await store.list({ accountId: 'account', registryId: REGISTRY, limit: 10 });
    expect(scans.map(({ digest, pushedAt }) => [digest, pushedAt])).toEqual([
      [A, later],
      [B, NOW],
    ]);
    expect(await listed('another')).toEqual([A]);
  });

  it('waits for nobody in a circle, in whatever order the registries come', async () => {
    const names = ['r1', 'r2', 'r3', 'r4'];
    const all = (of: string[], n: number) => of.map((registryId) => scanOf(A, n, { registryId }));
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        untilHeard(() => store.pushed(all(n % 2 === 0 ? names : names.toReversed(), n))),
      ),
    );
    for (const name of names) expect(await listed(name)).toEqual([A]);
  });
});

describe('ScanStore.ended', () => {
  it('ends one manifest, and leaves the others', async () => {
    await push(A, 1);
    await push(B, 2);
    await push(A, 3, { imageId: 'image-2', image: 'other' });
    await end({ imageId: 'image-1', digest: A }, 4);
    await end({ imageId: 'image-1', digest: A }, 4);
    expect(await listed()).toEqual([B, A]);
  });

  it('ends an image, a repository, a registry with all that is in them', async () => {
    const places = [{}, { imageId: 'image-2' }, { imageId: 'image-3', repositoryId: 'repository-2' }];
    for (const [i, place] of places.entries()) await push(DIGESTS[i]!, i + 1, place);
    await end({ imageId: 'image-1' }, 10);
    expect(await listed()).toEqual([B, C]);
    await end({ repositoryId: 'repository-1' }, null);
    expect(await listed()).toEqual([C]);
    await end({}, null);
    expect(await listed()).toEqual([]);
  });

  it.each([
    ['manifest', { imageId: 'image-1', digest: A }, 9],
    ['image', { imageId: 'image-1' }, 9],
    ['repository', { repositoryId: 'repository-1' }, null],
    ['registry', {}, null],
  ] as const)(
    'keeps a push from bringing back what ended, when the end of the %s is heard first',
    async (_, what, n) => {
      await end(what, n);
      await push(A, 8);
      expect(await listed()).toEqual([]);
    },
  );

  it('lets what ended be pushed again, and an old end does not end the new push', async () => {
    await push(A, 1);
    await end({ imageId: 'image-1', digest: A }, 2);
    await push(A, 3);
    await end({ imageId: 'image-1', digest: A }, 2);
    expect(await listed()).toEqual([A]);
  });

  it('comes to the same end in whatever order replicas take the facts at the same time', async () => {
    for (let round = 0; round < 20; round++) {
      const imageId = `image-${round}`;
      const facts = [
        () => push(A, 1, { imageId }),
        () => end({ imageId, digest: A }, 2),
        () => push(B, 3, { imageId }),
        () => end({ imageId }, 4),
        () => push(C, 5, { imageId }),
      ];
      const shuffled = facts.toSorted(
        (a, b) => ((facts.indexOf(a) * 7 + round) % 5) - ((facts.indexOf(b) * 7 + round) % 5),
      );
      await Promise.all([...shuffled, ...facts].map(untilHeard));
    }
    expect(new Set(await listed())).toEqual(new Set([C]));
    expect(await listed()).toHaveLength(20);
  });

  it('forgets ends that no older push can follow any more', async () => {
    await end({ imageId: 'image-1' }, 1);
    await database.query(`UPDATE ended SET ended_at = now() - interval '15 days'`);
    await end({ imageId: 'image-2' }, 2);
    expect(await database.query('SELECT thing FROM ended')).toEqual([{ thing: 'image/image-2' }]);
  });
});

describe('ScanStore.list', () => {
  it('holds one registry of one account', async () => {
    await push(A, 1);
    await push(B, 2, { registryId: 'another' });
    expect(await listed()).toEqual([A]);
    expect(await store.list({ accountId: 'another', registryId: REGISTRY, limit: 10 })).toEqual([]);
  });
});
