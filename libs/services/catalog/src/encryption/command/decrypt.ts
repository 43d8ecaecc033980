import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type BlobLocation, decryptBlob, describeLocation, parseBlobKey } from '@entrepot/blob-store';
import { type KeptKey, MasterKeyMissing, type MasterKeys, MasterKeyWrong } from '@entrepot/key-management';
import { CommandRefused } from './command-refused.error.js';

export interface DecryptWork {
  readonly location: BlobLocation;
  readonly keys: readonly KeptKey[];
  readonly masterKeys: MasterKeys;
  /** The stored bytes in the order of the location's parts. */
  readonly stored: Readable;
}

/** What was written. */
export interface Decrypted {
  readonly bytes: number;
  /** `sha256:…` of the plaintext, to be compared with the blob's digest. */
  readonly digest: string;
}

/** One blob's plaintext, from bytes that were copied from anywhere: no store, no database, no running service. Throws `CommandRefused`. */
export async function decrypt(work: DecryptWork, to: Writable): Promise<Decrypted> {
  const plain = await decryptBlob(work.stored, work.location, await secretOf(work));
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(plain, counted, to);
  return { bytes, digest: `sha256:${hash.digest('hex')}` };
}

/** The same into a file that exists only when all of it was right. */
export async function decryptToFile(work: DecryptWork, path: string): Promise<Decrypted> {
  const unfinished = `${path}.unfinished`;
  try {
    const done = await decrypt(work, createWriteStream(unfinished, { flags: 'wx', mode: 0o600 }));
    await rename(unfinished, path);
    return done;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(unfinished, { force: true });
    throw error;
  }
}

/** Files one after another, or what stands for the program's input when there are none. */
export function storedBytes(files: readonly string[], input: Readable): Readable {
  if (files.length === 0) return input;
  return Readable.from(
    (async function* () {
      for (const file of files) yield* createReadStream(file);
    })(),
  );
}

async function secretOf({ location, keys, masterKeys }: DecryptWork) {
  const described = describeLocation(location);
  if (!described)
    throw new CommandRefused('The location is of a blob that was stored as it is: there is nothing to decrypt.');
  if (described.keyId === undefined) return null;
  const registryId = parseBlobKey(String(location['key']))?.registryId;
  const key = keys.find((it) => it.registryId === registryId && it.keyId === described.keyId);
  if (!key)
    throw new CommandRefused(`The key ${described.keyId} of the registry ${registryId} is not among the wrapped keys.`);
  try {
    return await masterKeys.unwrap(key, key);
  } catch (error) {
    if (error instanceof MasterKeyMissing || error instanceof MasterKeyWrong) {
      throw new CommandRefused(`The blob can't be decrypted: ${error.message}.`, { cause: error });
    }
    throw error;
  }
}
