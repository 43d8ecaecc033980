import { Database, type PlatformLogger } from '@entrepot/platform-persistence';
import { iamSchema } from '../schema.js';
import { renewIncarnation } from './epoch.store.js';

/**
 * What an operator runs when the database of this service was restored from a backup: its count of changes went back and will meet numbers
 * again that gateways have seen, so they must forget what they remember. They do so within a second, whether the service runs or starts later.
 * Safe to repeat. Resolves to the new incarnation; rejects when the database can't be reached or is not this service's.
 */
export async function renewIncarnationOf(databaseUrl: string, logger: PlatformLogger): Promise<string> {
  const database = await Database.open({ ...iamSchema, url: databaseUrl, logger, poolSize: 1 });
  try {
    return await renewIncarnation(database);
  } finally {
    await database.close();
  }
}
