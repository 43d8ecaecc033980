import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesOf, freshKey, MIB, put, same } from '../conformance/subject.js';
import { BlobCorrupt, ForeignBlobRecord } from '../errors.js';
import type { BlobLocation } from '../port.js';
import { decryptBlob } from './decrypt-blob.js';
import { filesBelow, sealedUnderTest, type SealedUnderTest } from './spec/sealed-under-test.js';

describe('decrypting a blob without a store', () => {
  const parts = [bytesOf(5), bytesOf(2 * MIB + 1, 2)];
  let made: SealedUnderTest;
  let location: BlobLocation;
  let files: string[];

  beforeAll(async () => {
    made = await sealedUnderTest('aes');
    location = await put(made.store, freshKey(), ...parts);
    files = await filesBelow(made.root);
  });

  afterAll(() => made.dispose());

  async function* stored(): AsyncGenerator<Buffer> {
    for (const file of files) yield* createReadStream(file);
  }

  const secret = async () => (await made.keys.current()).secret;

  it('gives the bytes that were pushed', async () => {
    const plain = await decryptBlob(Readable.from(stored()), location, await secret());
    expect(same(await buffer(plain), Buffer.concat(parts))).toBe(true);
  });

  it('says which key is missing', async () => {
    const refused = decryptBlob(Readable.from(stored()), location, null);
    await expect(refused).rejects.toThrow('the blob needs the key key-1');
  });

  it('refuses the location of a blob that is not sealed', async () => {
    const refused = decryptBlob(Readable.from([]), { key: freshKey(), parts: [] }, null);
    await expect(refused).rejects.toBeInstanceOf(ForeignBlobRecord);
  });

  it('refuses bytes under another key, and bytes behind the end or missing there', async () => {
    const whole = Buffer.concat(await Promise.all(files.map((file) => readFile(file))));
    const key = await secret();
    made.keys.rotate();
    const decrypted = async (bytes: Buffer, by = key): Promise<Buffer> =>
      buffer(await decryptBlob(Readable.from([bytes]), location, by));
    await expect(decrypted(whole, await secret())).rejects.toBeInstanceOf(BlobCorrupt);
    await expect(decrypted(Buffer.concat([whole, Buffer.alloc(1)]))).rejects.toThrow('bytes follow its end');
    await expect(decrypted(whole.subarray(0, -1))).rejects.toThrow('its stored bytes end at');
    expect(same(await decrypted(whole), Buffer.concat(parts))).toBe(true);
  });
});
