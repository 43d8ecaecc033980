import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import {
  blobStoreConformance,
  freeSpaceConformance,
  keyListerConformance,
  type StoreUnderTest,
} from '../conformance/blob-store.conformance.js';
import {
  BlobCorrupt,
  BlobMissing,
  BlobStoreUnavailable,
  BlobTooManyParts,
  DiskFull,
  ForeignBlobRecord,
} from '../errors.js';
import { blobKey, IDENTITY_KEY } from '../keys.js';
import type { WritableFile } from './part-file.js';
import type { OpenFile } from './part-names.js';
import { FilesystemBlobStore } from './filesystem.store.js';

const MIB = 1024 * 1024;
const KEY = blobKey({ registryId: 'r1', generation: 'g-0a' });
const LIMIT = { limit: 1024 * MIB };

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name !== IDENTITY_KEY).map((entry) => entry.name);
}

async function temporaryStore(): Promise<StoreUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'entrepot-blobs-'));
  return {
    store: await FilesystemBlobStore.open({ root }),
    reopen: () => FilesystemBlobStore.open({ root }),
    dispose: () => rm(root, { recursive: true, force: true }),
    leftovers: () => filesBelow(root),
  };
}

blobStoreConformance('filesystem', temporaryStore);
keyListerConformance('filesystem', temporaryStore);
freeSpaceConformance('filesystem', temporaryStore);

async function* chunks(
  count: number,
  size = 65_536,
  onPull: (pulled: number) => void = () => {},
): AsyncGenerator<Buffer> {
  for (let i = 0; i < count; i++) {
    onPull((i + 1) * size);
    yield Buffer.alloc(size, i);
  }
}

/** Opens real files whose methods are replaced. */
function openWith(change: (file: WritableFile) => Partial<WritableFile>): OpenFile {
  return async (path, flags, mode) => {
    const file = await open(path, flags, mode);
    const whole: WritableFile = {
      writev: (buffers, position) => file.writev(buffers, position),
      datasync: () => file.datasync(),
      close: () => file.close(),
    };
    return { ...whole, ...change(whole) };
  };
}

function systemError(code: string, syscall = 'write'): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall, errno: -1 });
}

describe('FilesystemBlobStore', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'entrepot-blobs-'));
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  describe('on a failing medium', () => {
    it('says that the disk is full, removes the attempt and keeps the state', async () => {
      let room = 3 * MIB + 1000;
      // As a real disk does: it takes a part of the write that no longer fits, then refuses.
      const openFile = openWith((file) => ({
        writev: async (buffers, position) => {
          if (room === 0) throw systemError('ENOSPC');
          const bytes = Buffer.concat(buffers as unknown as Uint8Array[]).subarray(0, room);
          room -= bytes.length;
          return file.writev([bytes], position) as never;
        },
      }));
      const good = await FilesystemBlobStore.open({ root });
      const { state } = await good.append(KEY, await good.begin(KEY), chunks(1, 100), LIMIT);
      const full = await FilesystemBlobStore.open({ root, openFile });
      const error: unknown = await full.append(KEY, state, chunks(128), LIMIT).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DiskFull);
      expect(error).toMatchObject({ retryable: false, cause: { code: 'ENOSPC' } });
      expect(await filesBelow(root)).toEqual(['g-0a.0']);
      expect(await buffer(await good.readState(KEY, state))).toEqual(Buffer.alloc(100, 0));
    });

    it.each([
      ['EDQUOT', DiskFull, false],
      ['EROFS', BlobStoreUnavailable, false],
      ['EIO', BlobStoreUnavailable, false],
      ['EMFILE', BlobStoreUnavailable, true],
    ])('tells what to do about %s', async (code, type, retryable) => {
      const store = await FilesystemBlobStore.open({ root, openFile: () => Promise.reject(systemError(code, 'open')) });
      const appended = store.append(KEY, await store.begin(KEY), chunks(1), LIMIT);
      const error: unknown = await appended.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({ retryable, cause: { code } });
    });

    it('fails the append when an early write-back failed, which the kernel tells only once', async () => {
      let syncs = 0;
      const openFile = openWith(() => ({
        datasync: () => (syncs++ === 0 ? Promise.reject(systemError('EIO', 'fdatasync')) : Promise.resolve()),
      }));
      const store = await FilesystemBlobStore.open({ root, openFile });
      const appended = store.append(KEY, await store.begin(KEY), chunks(40, MIB), LIMIT);
      await expect(appended).rejects.toBeInstanceOf(BlobStoreUnavailable);
      expect(await filesBelow(root)).toEqual([]);
    });

    it('finishes short writes without losing or repeating a byte', async () => {
      const openFile = openWith((file) => ({
        writev: (buffers, position) => {
          const bytes = Buffer.concat(buffers as unknown as Uint8Array[]).subarray(0, 70_001);
          return file.writev([bytes], position) as never;
        },
      }));
      const store = await FilesystemBlobStore.open({ root, openFile });
      const { state } = await store.append(KEY, await store.begin(KEY), chunks(40, 65_000), LIMIT);
      const expected = Buffer.concat(Array.from({ length: 40 }, (_, i) => Buffer.alloc(65_000, i)));
      expect((await buffer(await store.readState(KEY, state))).equals(expected)).toBe(true);
    });

    it('resolves only when the bytes and the name of their file are synced', async () => {
      const steps: string[] = [];
      const openFile = openWith((file) => ({
        datasync: async () => {
          await delay(20);
          await file.datasync();
          steps.push('bytes');
        },
      }));
      const syncDirectory = async (directory: string): Promise<void> => {
        const names = await readdir(directory);
        await delay(20);
        steps.push(...names);
      };
      const store = await FilesystemBlobStore.open({ root, openFile, syncDirectory });
      const { state } = await store.append(KEY, await store.begin(KEY), chunks(1), LIMIT);
      // The directories on the way first, each in the one above it.
      expect(steps.slice(0, 4)).toEqual(['registries', 'r1', 'blobs', '0a']);
      expect(steps.slice(4).toSorted()).toEqual(['bytes', 'g-0a.0']);
      await store.append(KEY, state, chunks(1), LIMIT);
      expect(steps.slice(6).toSorted()).toEqual(['bytes', 'g-0a.0', 'g-0a.1']);
    });

    it('keeps its descriptor until both syncs have ended, when one of them fails', async () => {
      const steps: string[] = [];
      const openFile = openWith((file) => ({
        datasync: async () => {
          await delay(50);
          await file.datasync();
          steps.push('synced');
        },
        close: async () => {
          steps.push('closed');
          await file.close();
        },
      }));
      const syncDirectory = (directory: string): Promise<void> =>
        directory.endsWith('0a') ? Promise.reject(systemError('EIO', 'fsync')) : Promise.resolve();
      const store = await FilesystemBlobStore.open({ root, openFile, syncDirectory });
      const appended = store.append(KEY, await store.begin(KEY), chunks(1), LIMIT);
      await expect(appended).rejects.toBeInstanceOf(BlobStoreUnavailable);
      expect(steps).toEqual(['synced', 'closed']);
    });

    it('fails the append when the name of its file could not be made durable', async () => {
      const syncDirectory = (directory: string): Promise<void> =>
        directory.endsWith('0a') ? Promise.reject(systemError('EIO', 'fsync')) : Promise.resolve();
      const store = await FilesystemBlobStore.open({ root, syncDirectory });
      const appended = store.append(KEY, await store.begin(KEY), chunks(1), LIMIT);
      await expect(appended).rejects.toBeInstanceOf(BlobStoreUnavailable);
      expect(await filesBelow(root)).toEqual([]);
    });

    it('refuses a store whose directory is gone instead of filling the disk beneath its mount', async () => {
      const store = await FilesystemBlobStore.open({ root });
      await rm(root, { recursive: true });
      const appended = store.append(KEY, await store.begin(KEY), chunks(1), LIMIT);
      await expect(appended).rejects.toBeInstanceOf(BlobStoreUnavailable);
      await expect(store.checkWritable()).rejects.toBeInstanceOf(BlobStoreUnavailable);
      await expect(stat(root)).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });

  it('does not take an unmounted store for an empty one', async () => {
    const store = await FilesystemBlobStore.open({ root });
    await store.writeIdentity({ installation: 'i', incarnation: '1' });
    const { state } = await store.append(KEY, await store.begin(KEY), chunks(1), LIMIT);
    const location = await store.commit(KEY, state);
    // What remains of a mount point.
    for (const name of await readdir(root)) await rm(join(root, name), { recursive: true });
    const calls = [
      () => store.read(location),
      () => store.readState(KEY, state),
      () => store.commit(KEY, state),
      () => store.append(KEY, state, chunks(1), LIMIT),
      () => store.delete(location),
      () => store.deleteKey(KEY),
      () => store.checkWritable(),
    ];
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(BlobStoreUnavailable);
    expect(await readdir(root)).toEqual([]);
  });

  it('stops reading the source while the disk does not take its bytes', async () => {
    const stuck: (() => void)[] = [];
    const openFile = openWith((file) => ({
      writev: async (buffers, position) => {
        await new Promise<void>((resolve) => stuck.push(resolve));
        return file.writev(buffers, position) as never;
      },
    }));
    const store = await FilesystemBlobStore.open({ root, openFile });
    let pulled = 0;
    const appended = store.append(
      KEY,
      await store.begin(KEY),
      chunks(160, 65_536, (n) => (pulled = n)),
      LIMIT,
    );
    await delay(100);
    expect(pulled).toBeGreaterThan(0);
    expect(pulled).toBeLessThanOrEqual(4 * MIB);
    const release = setInterval(() => stuck.splice(0).forEach((resolve) => resolve()), 1);
    await expect(appended).resolves.toMatchObject({ written: 160 * 65_536 });
    clearInterval(release);
  });

  it('lets only its own user read what it stores', async () => {
    const store = await FilesystemBlobStore.open({ root });
    await store.append(KEY, await store.begin(KEY), chunks(1), LIMIT);
    const file = await stat(join(root, `${KEY}.0`));
    const directory = await stat(join(root, KEY, '..'));
    expect([file.mode & 0o777, directory.mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('makes directories again that somebody tidied up', async () => {
    const store = await FilesystemBlobStore.open({ root });
    const { state } = await store.append(KEY, await store.begin(KEY), chunks(1), LIMIT);
    await store.abort(KEY);
    await rm(join(root, 'registries'), { recursive: true });
    const again = await store.append(KEY, await store.begin(KEY), chunks(1), LIMIT);
    expect(again.state).toEqual(state);
    await expect(store.commit(KEY, again.state)).resolves.toMatchObject({ key: KEY });
  });

  it('finds an attempt again that a killed process left, and writes beside it', async () => {
    const killed = await FilesystemBlobStore.open({ root });
    await killed.append(KEY, await killed.begin(KEY), chunks(2), LIMIT);
    const store = await FilesystemBlobStore.open({ root });
    const { state } = await store.append(KEY, await store.begin(KEY), chunks(1, 10), LIMIT);
    expect((await filesBelow(root)).length).toBe(3);
    const location = await store.commit(KEY, state);
    await store.tidy(location);
    expect((await filesBelow(root)).length).toBe(1);
    expect(await buffer(await store.read(location))).toEqual(Buffer.alloc(10));
  });

  it('finds an attempt that took a number which tidying had made free', async () => {
    const store = await FilesystemBlobStore.open({ root });
    await store.append(KEY, await store.begin(KEY), chunks(2), LIMIT);
    const { state } = await store.append(KEY, await store.begin(KEY), chunks(1, 10), LIMIT);
    const location = await store.commit(KEY, state);
    await store.tidy(location);
    await store.append(KEY, await store.begin(KEY), chunks(2), LIMIT);
    expect((await filesBelow(root)).length).toBe(2);
    await store.tidy(location);
    expect((await filesBelow(root)).length).toBe(1);
    expect(await buffer(await store.read(location))).toEqual(Buffer.alloc(10));
  });

  it('tells a blob that was cut short from one that is gone', async () => {
    const store = await FilesystemBlobStore.open({ root });
    const { state } = await store.append(KEY, await store.begin(KEY), chunks(2), LIMIT);
    const location = await store.commit(KEY, state);
    await truncate(join(root, `${KEY}.0`), 100);
    await expect(buffer(await store.read(location))).rejects.toBeInstanceOf(BlobCorrupt);
    await expect(store.commit(KEY, state)).rejects.toBeInstanceOf(BlobCorrupt);
    await rm(join(root, `${KEY}.0`));
    await expect(store.read(location)).rejects.toBeInstanceOf(BlobMissing);
  });

  it('fails in the middle when a later part is gone', async () => {
    const store = await FilesystemBlobStore.open({ root });
    let state = await store.begin(KEY);
    for (let i = 0; i < 2; i++) ({ state } = await store.append(KEY, state, chunks(1), LIMIT));
    const location = await store.commit(KEY, state);
    await rm(join(root, `${KEY}.1`));
    await expect(buffer(await store.read(location))).rejects.toBeInstanceOf(BlobMissing);
  });

  it('goes on serving a reader whose blob is deleted meanwhile', async () => {
    const store = await FilesystemBlobStore.open({ root });
    const { state } = await store.append(KEY, await store.begin(KEY), chunks(64), LIMIT);
    const location = await store.commit(KEY, state);
    const stream = await store.read(location);
    await store.delete(location);
    expect((await buffer(stream)).length).toBe(64 * 65_536);
  });

  it('closes every file it opened', async () => {
    const store = await FilesystemBlobStore.open({ root });
    const before = (await readdir('/proc/self/fd')).length;
    for (let i = 0; i < 20; i++) {
      const { state } = await store.append(KEY, await store.begin(KEY), chunks(20), LIMIT);
      const stream = await store.readState(KEY, state);
      if (i % 2 === 0) await buffer(stream);
      else await new Promise((resolve) => stream.on('close', resolve).destroy());
      await store.append(KEY, state, chunks(20), { limit: 10 }).catch(() => undefined);
      await store.abort(KEY);
    }
    expect((await readdir('/proc/self/fd')).length).toBeLessThan(before + 10);
  });

  it.each([
    [{}],
    [{ parts: 'none' }],
    [{ parts: [null] }],
    [{ parts: [{ id: '../../evil', size: 1 }] }],
    [{ parts: [{ id: '0', size: -1 }] }],
    [{ parts: [{ id: '0-short', size: 1 }] }],
    [{ uploadId: 'x', parts: [{ etag: 'y' }] }],
  ])('refuses %j, which is no state of its own', async (state) => {
    const store = await FilesystemBlobStore.open({ root });
    await expect(store.append(KEY, state, chunks(1), LIMIT)).rejects.toBeInstanceOf(ForeignBlobRecord);
    await expect(store.commit(KEY, state)).rejects.toBeInstanceOf(ForeignBlobRecord);
    await expect(store.delete({ key: KEY, ...state })).rejects.toBeInstanceOf(ForeignBlobRecord);
  });

  it('refuses a location that points out of the store', async () => {
    const store = await FilesystemBlobStore.open({ root });
    const location = { key: '../../etc/passwd', parts: [{ id: '0', size: 1 }] };
    await expect(store.read(location)).rejects.toBeInstanceOf(RangeError);
    await expect(store.delete(location)).rejects.toBeInstanceOf(RangeError);
  });

  it('keeps at most 10,000 parts', async () => {
    const store = await FilesystemBlobStore.open({ root });
    const parts = Array.from({ length: 10_000 }, (_, i) => ({ id: String(i), size: 1 }));
    const appended = store.append(KEY, { parts }, chunks(1), LIMIT);
    await expect(appended).rejects.toBeInstanceOf(BlobTooManyParts);
  });

  it.each([
    ['not JSON', 'hello'],
    ['of a newer layout', '{"layout":99,"installation":"a","incarnation":"b"}'],
    ['of somebody else', '{"name":"x"}'],
    ['huge', ' '.repeat(5000)],
  ])('refuses an identity record that is %s', async (_, text) => {
    const store = await FilesystemBlobStore.open({ root });
    await writeFile(join(root, IDENTITY_KEY), text);
    await expect(store.identity()).rejects.toBeInstanceOf(BlobStoreUnavailable);
  });

  it('says so when its directory cannot be made', async () => {
    await writeFile(join(root, 'file'), '');
    const opened = FilesystemBlobStore.open({ root: join(root, 'file', 'below') });
    await expect(opened).rejects.toBeInstanceOf(BlobStoreUnavailable);
  });
});
