import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { MasterKeysInvalid } from '../errors.js';

/** A master key of this installation: AES-256. */
export interface LocalMasterKey {
  readonly id: string;
  readonly key: KeyObject;
}

export const KEY_BYTES = 32;
// Each rotation adds one line, and removes the old one when it is done; more than this is another file.
const MAX_KEYS = 64;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;
const HEX = /^[0-9a-fA-F]{64}$/;
const ID_PURPOSE = 'entrepot master key id v1';

/**
 * Reads master keys, one a line: 32 bytes in base64, base64url or hex. Empty lines and those that begin with `#` are passed over. The first is the
 * current one; the others only unwrap. Throws `MasterKeysInvalid`, which names the line and never what stands in it.
 */
export function parseMasterKeys(text: string): LocalMasterKey[] {
  const keys = text.split(/\r?\n/).flatMap((line, index) => {
    const entry = line.trim();
    return entry === '' || entry.startsWith('#') ? [] : [masterKey(bytesOf(entry, index + 1))];
  });
  if (keys.length === 0) throw new MasterKeysInvalid('there is no master key in it');
  if (keys.length > MAX_KEYS) throw new MasterKeysInvalid(`there are more than ${MAX_KEYS} master keys in it`);
  const twice = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
  if (twice) throw new MasterKeysInvalid(`the master key ${twice.id} stands in it twice`);
  return keys;
}

/** Named by 8 hex digits of a keyed digest: enough to tell keys apart, useless for guessing one. */
export function masterKey(bytes: Buffer): LocalMasterKey {
  const id = createHmac('sha256', bytes).update(ID_PURPOSE).digest('hex').slice(0, 8);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return { id, key };
}

function bytesOf(entry: string, line: number): Buffer {
  const bytes = HEX.test(entry)
    ? Buffer.from(entry, 'hex')
    : BASE64.test(entry)
      ? Buffer.from(entry, 'base64')
      : Buffer.alloc(0);
  if (bytes.length !== KEY_BYTES) {
    throw new MasterKeysInvalid(`line ${line} is not a key of ${KEY_BYTES} bytes in base64 or hex`);
  }
  return bytes;
}
