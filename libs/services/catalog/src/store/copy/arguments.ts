import { parseArgs } from 'node:util';
import { CommandRefused } from '../../encryption/command/command-refused.error.js';

export const USAGE = `npm run storage -- status [--registry REGISTRY] [WHERE]
    How many blobs each storage holds. Ends with 1 while one of them, but that of new blobs, is still needed.
npm run storage -- copy [--registry REGISTRY] [--rate MB] [--dry-run] [WHERE]
    Copies to the storage of new blobs (ENTREPOT_STORAGE) what another one holds (ENTREPOT_STORAGE_ALSO), while the suite serves. Each copy is read
    back and proven before it counts; the old bytes go an hour later. Stop it at any time; run it again to go on. Ends with 1 when a blob
    could not be copied: it is named, and stays where it is.

REGISTRY: an id, NAME, or ACCOUNT-ID/NAME; all registries unless named.
--rate MB: at most so many megabytes a second.
WHERE the database and the storage are: --data-dir DIR of a suite that runs, else the settings of the catalog (ENTREPOT_DATABASE_URL,
ENTREPOT_STORAGE, ENTREPOT_STORAGE_ALSO …). With the master keys (ENTREPOT_MASTER_KEY_FILE …) encrypted blobs are opened and their digests
compared; without, their stored bytes are compared.
`;

const OPTIONS = {
  registry: { type: 'string' },
  rate: { type: 'string' },
  'dry-run': { type: 'boolean' },
  'data-dir': { type: 'string' },
  help: { type: 'boolean' },
} as const;

const VERBS = ['copy', 'status'] as const;

export interface StorageArguments {
  readonly verb: (typeof VERBS)[number];
  readonly registry: string | undefined;
  /** Bytes a second. */
  readonly rate: number | null;
  readonly dryRun: boolean;
  readonly dataDirectory: string | undefined;
}

/** Null: the usage is to be printed. Throws `CommandRefused`. */
export function storageArguments(args: readonly string[]): StorageArguments | null {
  const { values, positionals } = parsed(args);
  const [word, ...rest] = positionals;
  if (word === undefined || values.help) return null;
  const verb = VERBS.find((it) => it === word);
  if (!verb) throw new CommandRefused(`There is no command ${word}: npm run storage -- --help names them.`);
  if (rest.length > 0) throw new CommandRefused(`${rest[0]} is one word too many.`);
  return {
    verb,
    registry: values.registry,
    rate: values.rate === undefined ? null : rateOf(values.rate),
    dryRun: values['dry-run'] ?? false,
    dataDirectory: values['data-dir'],
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new CommandRefused((error as Error).message, { cause: error });
  }
}

function rateOf(text: string): number {
  const megabytes = Number(text);
  if (!(megabytes > 0) || !Number.isFinite(megabytes))
    throw new CommandRefused(`--rate ${text} is no number of megabytes.`);
  return megabytes * 1_000_000;
}
