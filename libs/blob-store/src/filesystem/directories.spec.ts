import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Directories } from './directories.js';

describe('Directories', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'entrepot-directories-'));
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  it('syncs a directory that already existed, for its maker may not have done so yet, and does it once', async () => {
    const synced: string[] = [];
    const sync = async (directory: string): Promise<void> => void synced.push(directory);
    await new Directories(root, async () => {}).ensure(join(root, 'a'));
    const directories = new Directories(root, sync);
    await Promise.all([directories.ensure(join(root, 'a', 'b')), directories.ensure(join(root, 'a', 'b'))]);
    await directories.ensure(join(root, 'a', 'b'));
    expect(synced).toEqual([root, join(root, 'a')]);
    expect((await stat(join(root, 'a', 'b'))).isDirectory()).toBe(true);
  });

  it('tries again after a failure', async () => {
    let calls = 0;
    const sync = async (): Promise<void> => {
      if (calls++ === 0) throw new Error('no');
    };
    const directories = new Directories(root, sync);
    await expect(directories.ensure(join(root, 'a'))).rejects.toThrow('no');
    await expect(directories.ensure(join(root, 'a'))).resolves.toBeUndefined();
    expect(calls).toBe(2);
  });

  it('lets those who come during a sync share the next one, and never the running one', async () => {
    const running: (() => void)[] = [];
    const directories = new Directories(root, () => new Promise<void>((resolve) => running.push(resolve)));
    const done: string[] = [];
    const sync = (name: string): Promise<unknown> => directories.sync(root).then(() => done.push(name));
    const all = [sync('first'), sync('second'), sync('third')];
    expect(running.length).toBe(1);
    running[0]?.();
    await all[0];
    await new Promise(setImmediate);
    expect([done, running.length]).toEqual([['first'], 2]);
    running[1]?.();
    await Promise.all(all);
    expect(done).toEqual(['first', 'second', 'third']);
  });

  it('gives the next sync a chance of its own when the running one fails', async () => {
    let calls = 0;
    const directories = new Directories(root, async () => {
      if (calls++ === 0) throw new Error('no');
    });
    const [first, second] = await Promise.allSettled([directories.sync(root), directories.sync(root)]);
    expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
  });
});
