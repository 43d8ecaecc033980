import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  BlobStoreUnavailable,
  FilesystemBlobStore,
  type Member,
  S3BlobStore,
  SeveralBlobStores,
} from '@entrepot/blob-store';
import { silentLogger } from '@entrepot/platform-persistence';
import { hasMinio, type S3Server, startMinio, startSeaweedfs, TestBucket } from '@entrepot/testing';
import { holding, masterKeyLine } from '../../testing/master-keys.js';
import { advanceUpload } from '../../upload/continue-upload.js';
import { openUpload } from '../../upload/open-upload.js';
import { StoreGuard } from '../store-guard.js';
import { beginCopy, holdCopy } from './copy.store.js';
import { storedBlobs } from './stored-blobs.store.js';
import { MovingCatalog, type Pushed } from './spec/moving-catalog.js';

jest.setTimeout(120_000);

const MIB = 1024 * 1024;
const masterKeys = holding(masterKeyLine());
let server: S3Server;
let root: string;
let directory: FilesystemBlobStore;
let s3: S3BlobStore;
let moving: MovingCatalog;

beforeAll(async () => {
  server = await (hasMinio() ? startMinio() : startSeaweedfs());
});
afterAll(() => server?.stop());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'entrepot-copy-'));
  directory = await FilesystemBlobStore.open({ root });
  s3 = await S3BlobStore.open({ ...server, bucket: (await TestBucket.make(server)).name, giveUpMs: 500 });
});
afterEach(async () => {
  await moving?.close();
  await rm(root, { recursive: true });
});

async function toS3(): Promise<MovingCatalog> {
  return (moving = await MovingCatalog.open(directory, s3, masterKeys));
}

/** The store with some of its methods replaced. */
function but(store: Member, changes: Partial<Member>): Member {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(name in changes ? changes : target, name);
      return typeof value === 'function' ? (value.bind(name in changes ? changes : target) as unknown) : value;
    },
  });
}

async function files(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((it) => it.isFile() && it.name.includes('.') && !it.name.endsWith('.json'))
    .map((it) => join(it.parentPath, it.name));
}

async function allPull(pushed: readonly Pushed[]): Promise<void> {
  for (const blob of pushed) expect(await moving.pulls(blob)).toBe(true);
}

const statesOf = () =>
  moving.catalog.query<{ state: string; n: number }>(
    `SELECT state, count(*)::integer AS n FROM blob GROUP BY state ORDER BY state`,
  );

describe.each([['directory', 's3'] as const, ['s3', 'directory'] as const])('a copy from %s to %s', (from, to) => {
  const stores = () => ({ directory, s3 });

  it('takes every blob as it is stored, proves it, and leaves the old bytes for an hour', async () => {
    moving = await MovingCatalog.open(stores()[from], stores()[to], masterKeys);
    const old = moving.from;
    const pushed = [
      await moving.push([100, 5 * MIB, 3]),
      await moving.push([]),
      await moving.push([MIB + 1], moving.sealed('raw', old)),
      await moving.push([2 * MIB, 17], moving.sealed('aes', old)),
      await moving.push([70_000, 1], old),
    ];
    const fresh = await moving.push([10], moving.sealed());
    expect(await moving.run(['status'])).toBe(1);
    expect(moving.said).toEqual([
      expect.stringMatching(
        new RegExp(`^${to}, which gets new blobs: 1 blobs of 10 bytes, 0 to be removed or damaged, 0 uploads`),
      ),
      expect.stringMatching(
        new RegExp(`^${from}: 5 blobs of 8.5 MB, 0 to be removed or damaged, 0 uploads under way.$`),
      ),
    ]);
    expect(await moving.run(['copy', '--dry-run'])).toBe(0);
    expect(moving.said).toEqual([`5 blobs of 8.5 MB would be copied to ${to}.`]);

    expect(await moving.run(['copy', '--rate', '50', '--registry', 'demo'])).toBe(0);
    expect(moving.said.at(-1)).toMatch(/^5 blobs of 8.5 MB copied and proven/);
    await allPull([...pushed, fresh]);
    for (const blob of pushed) expect(await moving.pulls(blob, moving.sealed('crc', moving.to))).toBe(true);
    await moving.release(0.9);
    expect(await moving.keysIn(old)).toBe(5);
    await moving.release(1.1);
    expect(await moving.keysIn(old)).toBe(0);
    await allPull([...pushed, fresh]);
    expect(await moving.run(['status'])).toBe(0);
    expect(moving.said.at(-1)).toContain('Nothing but the storage that gets new blobs is needed');
    expect(await moving.run(['copy'])).toBe(0);
    expect(moving.said.at(-1)).toMatch(/^0 blobs/);

    await moving.delete(pushed[0]!);
    await moving.release(26);
    await moving.release(52);
    expect(await moving.keysIn(moving.to)).toBe(0);
  });
});

describe('a copy', () => {
  it('goes on while blobs are pushed, pulled and deleted', async () => {
    await toS3();
    const pushed: Pushed[] = [];
    for (let n = 0; n < 30; n++) pushed.push(await moving.push([20_000 + n, 5]));
    const [doomed, kept] = [pushed.slice(0, 8), pushed.slice(8)];
    let done = false;
    const copying = moving.run(['copy', '--rate', '2']).finally(() => (done = true));
    const late: Pushed[] = [];
    for (let n = 0; !done || n < 12; n++) {
      if (n < 8) await moving.delete(doomed[n]!);
      // Some gateways still put new blobs into the old store.
      if (n < 12)
        late.push(await moving.push([1_000 + n], n % 2 === 0 ? moving.sealed() : moving.sealed('crc', directory)));
      expect(await moving.pulls(kept[n % kept.length]!)).toBe(true);
      if (n % 3 === 0) await moving.release(0);
    }
    expect(await copying).toBe(0);
    expect(await moving.run(['copy'])).toBe(0);
    await allPull([...kept, ...late]);
    await moving.release(1.5);
    await allPull([...kept, ...late]);
    for (const blob of [...kept, ...late]) expect(await moving.pulls(blob, moving.sealed('crc', s3))).toBe(true);
    await moving.release(26);
    await moving.release(52);
    expect([await moving.keysIn(directory), await moving.keysIn(s3)]).toEqual([0, 0]);
  });

  it('lets a pull that is under way read the old bytes to their end', async () => {
    await toS3();
    const blob = await moving.push([4 * MIB, 4 * MIB]);
    const pull = await moving.sealed().read(await moving.location(blob));
    const [first] = (await pull.take(1).toArray()) as Buffer[];
    expect(first!.length).toBeGreaterThan(0);
    const other = await moving.sealed().read(await moving.location(blob));
    expect(await moving.run(['copy'])).toBe(0);
    await moving.release(0.5);
    expect((await buffer(other)).equals(blob.bytes)).toBe(true);
  });

  it('by two at once copies each blob, and leaves nothing behind but one copy of it', async () => {
    await toS3();
    const pushed: Pushed[] = [];
    for (let n = 0; n < 12; n++) pushed.push(await moving.push([30_000 + n]));
    expect(await Promise.all([moving.run(['copy']), moving.run(['copy'])])).toEqual([0, 0]);
    await allPull(pushed);
    await moving.release(1.5);
    await allPull(pushed);
    expect([await moving.keysIn(directory), await moving.keysIn(s3)]).toEqual([0, 12]);
  });

  it.each(['append', 'commit', 'read'] as const)(
    'that dies at its %s is gone on with by the next one, and what it left goes by itself',
    async (step) => {
      await toS3();
      const pushed = [await moving.push([50_000]), await moving.push([60_000, 1])];
      let [reached, count] = [() => {}, 0];
      const dead = new Promise<void>((resolve) => (reached = resolve));
      let bury: (why: Error) => void = () => {};
      const grave = new Promise<never>((_, reject) => (bury = reject));
      const never = async (...args: unknown[]): Promise<never> => {
        const [key, state, bytes] = args as [string, Record<string, never>, Readable];
        // As much as a process may have done before it is killed in this step.
        if (step === 'append')
          await s3.append(key, state, Readable.from([(await buffer(bytes)).subarray(0, 9)]), { limit: 9 });
        if (step === 'commit') await s3.commit(key, state);
        if (++count === 2) reached();
        return grave;
      };
      const dying = moving.run(['copy'], { store: SeveralBlobStores.of(but(s3, { [step]: never }), directory) });
      await Promise.race([dead, dying]);
      expect(await moving.run(['copy'])).toBe(0);
      expect(moving.said.at(-1)).toMatch(/^2 blobs/);
      expect(await moving.keysIn(s3)).toBe(4);
      await moving.release(0.9);
      await allPull(pushed);
      await moving.release(1.1);
      await allPull(pushed);
      expect([await moving.keysIn(directory), await moving.keysIn(s3)]).toEqual([0, 2]);
      expect(await statesOf()).toEqual([
        { state: 'live', n: 2 },
        { state: 'released', n: 4 },
      ]);
      // So that it holds no connections.
      bury(new Error('the process is dead'));
      await dying;
    },
  );

  it('that was held too late is never switched to, since it may be being removed', async () => {
    await toS3();
    const blob = await moving.push([1_000]);
    const slow = but(s3, {
      commit: async (key, state) => {
        await moving.catalog.query(`UPDATE blob SET keep_until = now() WHERE state = 'releasing'`);
        return s3.commit(key, state);
      },
    });
    expect(await moving.run(['copy'], { store: SeveralBlobStores.of(slow, directory) })).toBe(1);
    expect(moving.said[1]).toContain('run the command again');
    expect(directory.owns((await moving.location(blob))['inner'] as never)).toBe(true);
    await moving.release(0);
    expect(await moving.keysIn(s3)).toBe(0);
    expect(await moving.run(['copy'])).toBe(0);
    await allPull([blob]);
  });

  it('is held for an hour again while it is written, and not when it may be being removed', async () => {
    await toS3();
    const { digest } = await moving.push([10]);
    const { database } = moving.catalog.ports;
    const { value: blob } = await storedBlobs(database, null).next();
    if (!blob) throw new Error('no blob is stored');
    expect(blob.hex).toBe(digest.hex);
    const copy = { registryId: moving.catalog.registryId, generation: 'a-copy', storeKey: 'a-key' };
    expect(await beginCopy(database, blob, copy)).toBe(true);
    const heldFor = async () => {
      const [row] = await moving.catalog.query<{ minutes: number }>(
        `SELECT round(extract(epoch FROM keep_until - now()) / 60)::integer AS minutes FROM blob WHERE generation = 'a-copy'`,
      );
      return row?.minutes;
    };
    await moving.catalog.query(`UPDATE blob SET keep_until = now() + interval '6 min' WHERE generation = 'a-copy'`);
    expect([await holdCopy(database, copy), await heldFor()]).toEqual([true, 60]);
    await moving.catalog.query(`UPDATE blob SET keep_until = now() + interval '4 min' WHERE generation = 'a-copy'`);
    expect([await holdCopy(database, copy), await heldFor()]).toEqual([false, 4]);
    await moving.delete({ image: 'image-0', digest, bytes: Buffer.alloc(0) });
    await moving.release(26);
    expect(await beginCopy(database, blob, { ...copy, generation: 'another' })).toBe(false);
  });

  it('refuses damaged and lost bytes, names them, leaves them, and copies the others', async () => {
    await toS3();
    const [cut, flipped, gone, sealed] = [
      await moving.push([10_000]),
      await moving.push([11_000]),
      await moving.push([12_000]),
      await moving.push([13_000], moving.sealed('aes', directory)),
    ];
    const sound = await moving.push([14_000]);
    for (const path of await files()) {
      const text = async (blob: Pushed) =>
        JSON.stringify(await moving.location(blob)).includes(path.split('/').at(-1)!.split('.')[0]!);
      if (await text(cut)) await truncate(path, 9_000);
      if (await text(flipped)) await writeFile(path, Buffer.alloc(11_004, 7));
      if (await text(gone)) await rm(path);
      if (await text(sealed)) await writeFile(path, Buffer.alloc(13_016, 7));
    }
    expect(await moving.run(['copy'])).toBe(1);
    const refused = moving.said.filter((line) => line.startsWith('Not copied, and left in directory: sha256:'));
    expect(refused).toHaveLength(4);
    for (const { digest } of [cut, flipped, gone, sealed]) {
      expect(refused.some((line) => line.includes(digest.hex))).toBe(true);
      expect(directory.owns((await moving.location({ digest } as Pushed))['inner'] as never)).toBe(true);
    }
    expect(moving.said.at(-1)).toBe('4 blobs could not be copied, and stay where they are.');
    expect(await moving.pulls(sound, moving.sealed('crc', s3))).toBe(true);
    await moving.release(0);
    expect(await moving.keysIn(s3)).toBe(1);
    expect(await moving.run(['status'])).toBe(1);
  });

  it('that comes back wrong is dropped, and the blob stays', async () => {
    await toS3();
    const blob = await moving.push([10_000], moving.sealed('aes', directory));
    const lying = but(s3, {
      read: async (location) => {
        const bytes = await buffer(await s3.read(location));
        bytes[5_000]! ^= 1;
        return Readable.from([bytes]);
      },
    });
    for (const keys of [masterKeys, null]) {
      expect(await moving.run(['copy'], { store: SeveralBlobStores.of(lying, directory), keys })).toBe(1);
      expect(moving.said[1]).toContain('what s3 gave back of the copy is not what was written');
    }
    await moving.release(0);
    expect(await moving.keysIn(s3)).toBe(0);
    await allPull([blob]);
  });

  it('compares encrypted blobs without opening them when it has no master key, and says so', async () => {
    await toS3();
    const blob = await moving.push([2 * MIB], moving.sealed('aes', directory));
    expect(await moving.run(['copy'], { keys: holding(masterKeyLine()) })).toBe(0);
    expect(moving.said.at(-1)).toBe('1 of them are encrypted and were compared without being opened.');
    await allPull([blob]);
  });

  it('stops when a storage is away, with what was done, and leaves no half of a blob', async () => {
    await toS3();
    const pushed: Pushed[] = [];
    for (let n = 0; n < 10; n++) pushed.push(await moving.push([5_000 + n]));
    let count = 0;
    const failing = but(s3, {
      commit: async (key, state) => {
        if (++count > 3) throw new BlobStoreUnavailable('the object store does not answer', true);
        return s3.commit(key, state);
      },
    });
    expect(await moving.run(['copy'], { store: SeveralBlobStores.of(failing, directory) })).toBe(1);
    expect(moving.said.slice(-2)).toEqual([
      expect.stringMatching(/^Interrupted after \d blobs, which stay copied/),
      'the object store does not answer',
    ]);
    await moving.release(0);
    await allPull(pushed);
    expect(await moving.run(['copy'])).toBe(0);
    await allPull(pushed);
    expect(await moving.keysIn(s3)).toBe(10);
  });

  it('keeps an upload in the old storage until it has ended, and says so', async () => {
    await toS3();
    const old = moving.sealed('crc', directory);
    const scope = moving.catalog.scope('open');
    const { uploadId, revision, key } = await openUpload(moving.catalog.ports, { ...scope, algorithm: 'sha256' });
    const { state } = await old.append(key, await old.begin(key), Readable.from([Buffer.alloc(9)]), { limit: 9 });
    await advanceUpload(moving.catalog.ports, { ...scope, uploadId, revision, offset: 9, state, digestSoFar: null });
    expect(await moving.run(['copy'])).toBe(0);
    expect(await moving.run(['status'])).toBe(1);
    expect(moving.said[1]).toContain('directory: 0 blobs of 0 bytes, 0 to be removed or damaged, 1 uploads under way');
  });

  it('keeps the old storage until what other attempts left beside a blob is removed', async () => {
    await toS3();
    const old = moving.sealed('crc', directory);
    await moving.push([9], old);
    await moving.catalog.query(
      `UPDATE upload SET contested = true, tidy_at = ended_at, location = blob.location FROM blob WHERE upload.generation = blob.generation`,
    );
    expect(await moving.run(['copy'])).toBe(0);
    await moving.release(1.1);
    expect([await moving.run(['status']), moving.said[1]]).toEqual([1, expect.stringContaining('1 uploads under way')]);
    await moving.release(25);
    expect([await moving.run(['status']), await moving.keysIn(old)]).toEqual([0, 0]);
  });
});

describe('blobs of a deleted registry', () => {
  it('are not copied: their registry has no place any more, and they go by themselves', async () => {
    await toS3();
    await moving.push([10]);
    await moving.catalog.query(`UPDATE registry SET deleted_at = now()`);
    expect([await moving.run(['copy']), await moving.keysIn(s3)]).toEqual([0, 0]);
    expect(await moving.run(['status'])).toBe(1);
    expect(moving.said[1]).toContain('directory: 0 blobs of 0 bytes, 1 to be removed or damaged');
  });
});

describe('npm run storage', () => {
  it.each([
    ['a command that is none', ['erase'], 'no command erase'],
    ['a word too many', ['copy', 'all'], 'one word too many'],
    ['an option that is none', ['copy', '--fast'], 'fast'],
    ['a rate that is none', ['copy', '--rate', 'quick'], 'no number of megabytes'],
    ['a registry that is not there', ['copy', '--registry', 'nobody/demo'], 'There is no registry nobody/demo'],
  ])('refuses %s in one sentence', async (_, args, sentence) => {
    await toS3();
    expect(await moving.run(args)).toBe(1);
    expect(moving.said).toEqual([expect.stringContaining(sentence)]);
  });

  it('refuses to copy with one storage, or into one that the catalog has not claimed, and names blobs of a third', async () => {
    await toS3();
    const blob = await moving.push([10]);
    expect(await moving.run(['copy'], { store: s3 })).toBe(1);
    expect(moving.said[0]).toContain('ENTREPOT_STORAGE_ALSO');
    expect(await moving.run(['status'], { store: s3 })).toBe(1);
    expect(moving.said[1]).toContain('storage that the settings do not name: 1 blobs');
    await s3.writeIdentity({ installation: 'theirs', incarnation: '1' });
    expect(await moving.run(['copy'])).toBe(1);
    expect(moving.said[0]).toContain('The storage s3 is not this installation');
    expect(await moving.keysIn(s3)).toBe(0);
    await allPull([blob]);
    expect([await moving.run([]), await moving.run(['--help'])]).toEqual([2, 0]);
  });

  it('copies the registry that is named, and no other', async () => {
    await toS3();
    const { catalog } = moving;
    const one = await moving.push([10]);
    catalog.registryId = await catalog.makeRegistry('other');
    catalog.repositoryId = await catalog.makeRepository('apps');
    const two = await moving.push([20]);
    expect(await moving.run(['copy', '--registry', '000000000001/other'])).toBe(0);
    expect([
      await moving.pulls(two, moving.sealed('crc', s3)),
      await moving.pulls(one, moving.sealed('crc', directory)),
    ]).toEqual([true, true]);
    expect(await moving.run(['copy', '--registry', catalog.registryId])).toBe(0);
    await catalog.makeRegistry('demo', { accountId: '000000000002' });
    expect(await moving.run(['copy', '--registry', 'demo'])).toBe(1);
    expect(moving.said[0]).toContain('Several accounts');
  });
});

describe('a second storage', () => {
  const fresh = async () => S3BlobStore.open({ ...server, bucket: (await TestBucket.make(server)).name });
  const guardOf = (store: SeveralBlobStores) => new StoreGuard(moving.catalog.ports.database, store, silentLogger);

  it('is claimed at start beside one that is ours, and nothing is removed while one of them is not', async () => {
    await toS3();
    await moving.push([10]);
    const both = SeveralBlobStores.of(await fresh(), directory);
    expect(await guardOf(both).mayRemove()).toBe(false);
    await Promise.all([guardOf(both).claim(), guardOf(both).claim()]);
    expect(await both.identity()).toEqual(await directory.identity());
    expect(await guardOf(both).mayRemove()).toBe(true);
    await directory.writeIdentity({ ...(await both.identity())!, incarnation: 'older' });
    expect(await guardOf(both).mayRemove()).toBe(false);
  });

  it('is refused when rows name bytes that are in another one of its kind, or when it is somebody else’s', async () => {
    await toS3();
    await moving.push([10], moving.sealed('crc', s3));
    const wrong = await fresh();
    await expect(guardOf(SeveralBlobStores.of(directory, wrong)).claim()).rejects.toThrow(
      'blobs that are in another one',
    );
    expect(await wrong.identity()).toBeNull();
    await wrong.writeIdentity({ installation: 'theirs', incarnation: '1' });
    const refusal = guardOf(SeveralBlobStores.of(directory, wrong)).claim();
    await expect(refusal).rejects.toThrow(/it belongs to the installation theirs/);
  });
});
