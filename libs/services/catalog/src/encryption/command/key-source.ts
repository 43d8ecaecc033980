import type { KeptKey } from '@entrepot/key-management';
import { Database, silentLogger } from '@entrepot/platform-persistence';
import { SCHEMA } from '../../catalog-database.js';
import { LookupMemory } from '../../lookup/lookup-memory.js';
import { allKeys } from '../registry-key.store.js';
import { CommandRefused } from './command-refused.error.js';
import { readKeysFile } from './keys-file.js';

/** Where a command finds wrapped keys. */
export type KeySource = { readonly keysFile: string } | { readonly databaseUrl: string };

const PAGE = 500;
const CONNECT_MS = 3_000;

/** The catalog's database as it is: no migration runs. Throws `CommandRefused`. */
export async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const options = { url, schema: SCHEMA, entities: [], migrations: [], poolSize: 2, connectWithinMs: CONNECT_MS };
  const database = await Database.open({ ...options, logger: silentLogger }).catch((cause: unknown) => {
    // The cause's message may name the URL, and with it the password.
    throw new CommandRefused(
      'The catalog’s database does not answer: check ENTREPOT_DATABASE_URL, or start the suite.',
      {
        cause,
      },
    );
  });
  // So that no catalog answers from memory what we change.
  const memory = LookupMemory.open(database, { answers: 0, aloneAfterMs: 0, logger: silentLogger }, () => new Date());
  try {
    return await work(database);
  } finally {
    await memory.close();
    await database.close();
  }
}

/** All of them, those of deleted registries too. */
export async function keysOf(source: KeySource): Promise<KeptKey[]> {
  if ('keysFile' in source) return readKeysFile(source.keysFile);
  return withDatabase(source.databaseUrl, async (database) => {
    const keys: KeptKey[] = [];
    for await (const page of allKeys(database, PAGE)) keys.push(...page);
    return keys;
  });
}
