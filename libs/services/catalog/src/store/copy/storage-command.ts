import { type BlobStore, type Member, membersOf, type RecordOwner } from '@entrepot/blob-store';
import type { MasterKeys } from '@entrepot/key-management';
import type { Database } from '@entrepot/platform-persistence';
import { CommandRefused } from '../../encryption/command/command-refused.error.js';
import { withDatabase } from '../../encryption/command/key-source.js';
import { currentIdentity, isOurs } from '../installation.store.js';
import { type StorageArguments, storageArguments, USAGE } from './arguments.js';
import { ByteRate } from './byte-rate.js';
import { blobsToCopy, copyBlobs, type CopyRun } from './copy-blobs.js';
import { registriesNamed } from './copy.store.js';
import { keyFinder } from './key-finder.js';
import { inUnits, Progress } from './progress.js';
import { Proof } from './proof.js';
import { holdings, isUsed } from './storage-status.js';

/** What the command has of the process that runs it. */
export interface StoragePorts {
  /** Sentences for the operator. */
  say(sentence: string): void;
  /** The database of the settings, or of the suite that runs on a data directory; null when there is none. */
  databaseUrl(dataDirectory: string | undefined): string | null;
  /** The store of the settings, likewise: several, while bytes move. Throws a sentence when there is none. */
  openStore(dataDirectory: string | undefined): Promise<BlobStore>;
  /** Those of the settings; null when they name none. Throws `ConfigInvalid`. */
  masterKeys(dataDirectory: string | undefined): MasterKeys | null;
}

/** `npm run storage`: what an operator does to move to other storage, beside the running suite. Resolves to the exit code. */
export async function storageCommand(args: readonly string[], ports: StoragePorts): Promise<number> {
  try {
    const parsed = storageArguments(args);
    if (!parsed) {
      ports.say(USAGE);
      return args.includes('--help') ? 0 : 2;
    }
    const url = ports.databaseUrl(parsed.dataDirectory);
    if (url === null) {
      throw new CommandRefused(
        'There is no database: give ENTREPOT_DATABASE_URL, or --data-dir with the suite running on it.',
      );
    }
    const members = membersOf(await ports.openStore(parsed.dataDirectory)).map(asMember);
    return await withDatabase(url, async (database) => {
      const registryId = await registryIdOf(database, parsed.registry);
      return parsed.verb === 'status'
        ? status(database, members, registryId, ports)
        : copy(database, members, registryId, parsed, ports);
    });
  } catch (error) {
    ports.say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function status(
  database: Database,
  members: readonly Member[],
  registryId: string | null,
  { say }: StoragePorts,
): Promise<number> {
  const found = await holdings(database, members, registryId);
  for (const [at, holding] of found.entries()) {
    if (holding.driver === null && !isUsed(holding)) continue;
    const { blobs, bytes, leaving, uploads } = holding;
    const name = holding.driver ?? 'storage that the settings do not name';
    const role = at === 0 ? `${name}, which gets new blobs` : name;
    say(
      `${role}: ${blobs} blobs of ${inUnits(bytes)}, ${leaving} to be removed or damaged, ${uploads} uploads under way.`,
    );
  }
  const needed = found.slice(1).filter(isUsed);
  if (needed.length === 0) say('Nothing but the storage that gets new blobs is needed.');
  return needed.length === 0 ? 0 : 1;
}

async function copy(
  database: Database,
  members: readonly Member[],
  registryId: string | null,
  args: StorageArguments,
  ports: StoragePorts,
): Promise<number> {
  const [to] = members;
  if (!to || members.length < 2) {
    throw new CommandRefused(
      'Name both storages: ENTREPOT_STORAGE, which gets the blobs, and ENTREPOT_STORAGE_ALSO, which has them.',
    );
  }
  await expectClaimed(database, members);
  const progress = await Progress.over(blobsToCopy({ database, members, registryId }), ports.say);
  progress.begin(to.driver, args.dryRun);
  if (args.dryRun) return 0;
  const proof = new Proof(keyFinder(database, ports.masterKeys(args.dataDirectory)));
  const rate = new ByteRate(args.rate);
  const run: CopyRun = { database, members, to, registryId, proof, rate, onDone: progress.done };
  const report = await copyBlobs(run).catch((error: unknown) => {
    progress.interrupted();
    throw error;
  });
  return progress.end(report);
}

/** The catalog claims each store that its settings name: before that, gateways could not read what is copied. */
async function expectClaimed(database: Database, members: readonly Member[]): Promise<void> {
  const ours = await currentIdentity(database);
  for (const member of members) {
    if (isOurs(ours, await member.identity())) continue;
    throw new CommandRefused(
      `The storage ${member.driver} is not this installation's: start the suite with both storages first. If it was restored, see npm run store.`,
    );
  }
}

async function registryIdOf(database: Database, name: string | undefined): Promise<string | null> {
  if (name === undefined) return null;
  const [id, ...others] = await registriesNamed(database, name);
  if (id === undefined) throw new CommandRefused(`There is no registry ${name}.`);
  if (others.length > 0)
    throw new CommandRefused(`Several accounts have a registry ${name}: name it ACCOUNT-ID/${name}.`);
  return id;
}

function asMember(store: BlobStore & Partial<RecordOwner>): Member {
  const { driver, owns } = store;
  if (driver === undefined || !owns) throw new CommandRefused('This storage does not know its own records.');
  return store as Member;
}
