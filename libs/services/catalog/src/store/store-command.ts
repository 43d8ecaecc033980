import { type BlobStore, membersOf } from '@entrepot/blob-store';
import { silentLogger } from '@entrepot/platform-persistence';
import { openCatalogDatabase } from '../catalog-database.js';
import { currentIdentity, isOurs, renewIncarnation } from './installation.store.js';
import { confirmStore } from './store-guard.js';

const USAGE = `npm run store -- <command> [--data-dir DIR]

Whose the blob store is. A store whose incarnation is not the database's gets new bytes, and none of its bytes are removed.

  show               the ids that the database and the store carry; ends with 1 when they differ
  confirm            the store is this database's: both carry its ids from now on, and bytes are removed again
  renew-incarnation  the database was restored or copied: it begins a new incarnation, before its services start

The database and the store are those of the settings (ENTREPOT_DATABASE_URL, ENTREPOT_STORAGE …). With --data-dir the database is that of the
suite that runs on that data directory, and so are its blobs unless ENTREPOT_STORAGE is s3.
`;

/** What the command has of the process that runs it. */
export interface StorePorts {
  /** Sentences for the operator. */
  say(sentence: string): void;
  /** The database of the settings, or of the suite that runs on a data directory; null when there is none. */
  databaseUrl(dataDirectory: string | undefined): string | null;
  /** The store, likewise, and what operators call it. Throws a sentence when there is none. */
  openStore(dataDirectory: string | undefined): Promise<{ store: BlobStore; name: string }>;
}

/** `npm run store`. Resolves to the exit code. */
export async function storeCommand(args: readonly string[], ports: StorePorts): Promise<number> {
  const [verb = '', option, dataDirectory] = args;
  const known = ['show', 'confirm', 'renew-incarnation'].includes(verb);
  if (!known || (option !== undefined && (option !== '--data-dir' || !dataDirectory || args.length > 3))) {
    ports.say(USAGE);
    return verb === '--help' ? 0 : 2;
  }
  try {
    return await run(verb, dataDirectory, ports);
  } catch (error) {
    ports.say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function run(verb: string, dataDirectory: string | undefined, ports: StorePorts): Promise<number> {
  const url = ports.databaseUrl(dataDirectory);
  if (url === null) {
    throw new Error('There is no database: give ENTREPOT_DATABASE_URL, or --data-dir with the suite running on it.');
  }
  const database = await openCatalogDatabase(url, silentLogger, 1);
  try {
    if (verb === 'renew-incarnation') {
      ports.say(
        `A new incarnation begins: ${await renewIncarnation(database)}. Nothing is removed until you confirm the store.`,
      );
      return 0;
    }
    const { store, name } = await ports.openStore(dataDirectory);
    if (verb === 'confirm') {
      const { installation, incarnation } = await confirmStore(database, store);
      ports.say(`${name} is the store of the installation ${installation}, incarnation ${incarnation}.`);
      return 0;
    }
    const ours = await currentIdentity(database);
    ports.say(`database: installation ${ours.installation}, incarnation ${ours.incarnation}`);
    let same = true;
    for (const member of membersOf(store)) {
      const theirs = await member.identity();
      ports.say(
        theirs
          ? `store:    installation ${theirs.installation}, incarnation ${theirs.incarnation} (${name})`
          : `store:    of no installation (${name})`,
      );
      same &&= isOurs(ours, theirs);
    }
    return same ? 0 : 1;
  } finally {
    await database.close();
  }
}
