import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { TestBucket } from '@entrepot/testing';
import { storedFiles } from '../encryption/stored-files.js';

/** What the blob store keeps, as files or objects, and hands to change them behind the product's back. */
export interface StoredBytes {
  names(): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  write(name: string, bytes: Buffer): Promise<void>;
  remove(name: string): Promise<void>;
}

/** What happens to stored bytes; null removes them. */
export type Harm = (bytes: Buffer) => Buffer | null;

export const changedByte: Harm = (bytes) => Buffer.from(bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1));

export function bytesInDirectory(dataDirectory: string): StoredBytes {
  return {
    names: async () => storedFiles(dataDirectory),
    read: async (name) => readFileSync(name),
    write: async (name, bytes) => writeFileSync(name, bytes),
    remove: async (name) => rmSync(name),
  };
}

export function bytesInBucket(bucket: TestBucket): StoredBytes {
  const { client } = bucket;
  return {
    names: () => bucket.contents(),
    read: async (name) => Buffer.concat((await (await client.getObject(bucket.name, name)).toArray()) as Buffer[]),
    write: async (name, bytes) => void (await client.putObject(bucket.name, name, bytes)),
    remove: (name) => client.removeObject(bucket.name, name),
  };
}

export async function harmStored(stored: StoredBytes, name: string, harm: Harm): Promise<void> {
  const bytes = harm(await stored.read(name));
  await (bytes ? stored.write(name, bytes) : stored.remove(name));
}

/** Resolves to the names of what `push` has added. */
export async function addedBy(stored: StoredBytes, push: () => Promise<unknown>): Promise<string[]> {
  const before = new Set(await stored.names());
  await push();
  return (await stored.names()).filter((name) => !before.has(name));
}
