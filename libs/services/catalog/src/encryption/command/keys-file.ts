import { readFile } from 'node:fs/promises';
import type { KeptKey } from '@entrepot/key-management';
import { CommandRefused } from './command-refused.error.js';

/** Number of the form below. */
const FORM = 1;
// A million keys; more would be a mistake in the name of the file.
const MAX_BYTES = 512 * 1024 * 1024;

/** Wrapped keys as a file, for backups and for work without a database. Without the master key it opens nothing. */
export function keysFileText(keys: readonly KeptKey[]): string {
  const rows = keys.map(({ registryId, keyId, masterKeyId, wrapped }) =>
    JSON.stringify({ registryId, keyId, masterKeyId, wrapped }),
  );
  return `{"entrepotRegistryKeys":${FORM},"keys":[\n${rows.join(',\n')}\n]}\n`;
}

/** Throws `CommandRefused`. */
export async function readKeysFile(path: string): Promise<KeptKey[]> {
  const value = await readJson(path, MAX_BYTES);
  const { entrepotRegistryKeys, keys } = value as { entrepotRegistryKeys?: unknown; keys?: unknown };
  if (entrepotRegistryKeys !== FORM || !Array.isArray(keys) || !keys.every(isKey)) {
    throw new CommandRefused(`${path} does not hold wrapped keys as the command export writes them.`);
  }
  return keys;
}

/** An object from a JSON file. Throws `CommandRefused`. */
export async function readJson(path: string, maxBytes: number): Promise<object> {
  const text = await readText(path);
  if (text.length > maxBytes) throw new CommandRefused(`${path} is larger than what is read of it, ${maxBytes} bytes.`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below, without repeating what the file holds.
  }
  throw new CommandRefused(`${path} holds no JSON object.`);
}

/** Throws `CommandRefused`. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CommandRefused(`${path} can't be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
}

function isKey(value: unknown): value is KeptKey {
  if (typeof value !== 'object' || value === null) return false;
  const { registryId, keyId, masterKeyId, wrapped } = value as Record<string, unknown>;
  return [registryId, keyId, masterKeyId, wrapped].every((it) => typeof it === 'string');
}
