import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, onDisk } from './system-error.js';

/** Walks the tree below `root` for the keys that begin with `prefix`. Holds one directory's names at a time for each level. */
export async function* listKeys(root: string, prefix: string): AsyncIterable<string> {
  // A prefix is not a path: only its whole segments name a directory to start from.
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (!/^([a-z0-9-]+\/)*$/.test(start)) return;
  yield* walk(root, start, prefix);
}

async function* walk(root: string, directory: string, prefix: string): AsyncIterable<string> {
  const keys = new Set<string>();
  for (const entry of await onDisk(() => entriesOf(join(root, directory)))) {
    if (entry.isDirectory()) {
      const path = `${directory}${entry.name}/`;
      if (path.startsWith(prefix) || prefix.startsWith(path)) yield* walk(root, path, prefix);
    } else if (directory !== '' && entry.name.includes('.')) {
      keys.add(`${directory}${entry.name.slice(0, entry.name.indexOf('.'))}`);
    }
  }
  for (const key of keys) if (key.startsWith(prefix)) yield key;
}

async function entriesOf(path: string): Promise<{ name: string; isDirectory(): boolean }[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
