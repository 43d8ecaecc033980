import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import type { BlobLocation } from '@entrepot/blob-store';
import {
  checkKeys,
  LocalMasterKeys,
  MasterKeysInvalid,
  type MasterKeys,
  problemSentence,
} from '@entrepot/key-management';
import { rewrapKeys } from '../rewrap-keys.js';
import { type KeysArguments, keysArguments, USAGE } from './arguments.js';
import { CommandRefused } from './command-refused.error.js';
import { decrypt, decryptToFile, storedBytes } from './decrypt.js';
import { keysOf, type KeySource, withDatabase } from './key-source.js';
import { keysFileText, readJson, readText } from './keys-file.js';

/** What the command has of the process that runs it. */
export interface KeysPorts {
  readonly input: Readable;
  /** What was asked for: bytes, names, wrapped keys. */
  readonly output: Writable;
  /** Sentences for the operator. */
  say(sentence: string): void;
  /** The master keys of the settings; null when they name none. Throws `ConfigInvalid`. */
  masterKeys(): MasterKeys | null;
  /** The database of the settings, or of the suite that runs on a data directory; null when there is none. */
  databaseUrl(dataDirectory: string | undefined): string | null;
}

// A blob of 10,000 parts has a location of about a megabyte.
const MAX_LOCATION_BYTES = 16 * 1024 * 1024;
/** One batch after another until all is done; the time between two reports. */
const REPORT_MS = 5_000;

/** `npm run keys`: what an operator does with keys, beside the running suite or without it. Resolves to the exit code; tells no secret. */
export async function keysCommand(args: readonly string[], ports: KeysPorts): Promise<number> {
  try {
    const parsed = keysArguments(args);
    if (!parsed) {
      ports.output.write(USAGE);
      return args.includes('--help') ? 0 : 2;
    }
    const command = COMMANDS[parsed.verb];
    if (!command) throw new CommandRefused(`There is no command ${parsed.verb}: npm run keys -- --help names them.`);
    return await command(parsed, ports);
  } catch (error) {
    ports.say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

type Command = (args: KeysArguments, ports: KeysPorts) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  new: async ({ out }, { say }) => {
    if (out === undefined) throw new CommandRefused('Name the file of the new master key: --out FILE.');
    const text = `${randomBytes(32).toString('base64')}\n`;
    await writeFile(out, text, { flag: 'wx', mode: 0o600 }).catch((cause: NodeJS.ErrnoException) => {
      throw new CommandRefused(`${out} can't be written (${cause.code}): a file that is there is never replaced.`, {
        cause,
      });
    });
    say(
      `${out} holds the new master key ${LocalMasterKeys.parse(text).ids[0]}. Keep a copy elsewhere: who loses it loses the registries.`,
    );
    return 0;
  },

  ids: async (args, ports) => {
    const keys = await masterKeysOf(args, ports);
    const names = keys instanceof LocalMasterKeys ? keys.ids : [await keys.currentId()];
    ports.output.write(`${names.join('\n')}\n`);
    return 0;
  },

  check: async (args, ports) => {
    const masterKeys = await masterKeysOf(args, ports);
    const verdict = await checkKeys(masterKeys, [await keysOf(sourceOf(args, ports))]);
    ports.say(`${verdict.opened} of ${verdict.checked} registry keys open.`);
    const problem = problemSentence(verdict);
    if (problem) ports.say(problem);
    return problem ? 1 : 0;
  },

  export: async (args, ports) => {
    const keys = await keysOf(sourceOf(args, ports));
    if (args.out === undefined) ports.output.write(keysFileText(keys));
    else await writeFile(args.out, keysFileText(keys), { mode: 0o600 });
    ports.say(`${keys.length} wrapped keys.`);
    return 0;
  },

  rewrap: async (args, ports) => {
    const masterKeys = await masterKeysOf(args, ports);
    const source = sourceOf(args, ports);
    if ('keysFile' in source) throw new CommandRefused('Keys are rewrapped in the database, not in a file.');
    return withDatabase(source.databaseUrl, async (database) => {
      for (;;) {
        const { masterKeyId, rewrapped, remaining, closed, finished } = await rewrapKeys(database, masterKeys, {
          withinMs: REPORT_MS,
        });
        ports.say(
          `${rewrapped} registry keys wrapped by ${masterKeyId}, ${remaining} remain under another master key.`,
        );
        if (!finished) continue;
        for (const { registryId, keyId, masterKeyId: under } of closed) {
          ports.say(
            `The key ${keyId} of the registry ${registryId}, under ${under}, does not open, and was left as it is.`,
          );
        }
        return remaining === 0 ? 0 : 1;
      }
    });
  },

  decrypt: async (args, ports) => {
    if (args.location === undefined) throw new CommandRefused('Name the file of the blob’s location: --location FILE.');
    const location = (await readJson(args.location, MAX_LOCATION_BYTES)) as BlobLocation;
    const masterKeys = await masterKeysOf(args, ports);
    const keys = await keysOf(sourceOf(args, ports));
    const work = { location, keys, masterKeys, stored: storedBytes(args.blobs, ports.input) };
    const { bytes, digest } = await (args.out === undefined
      ? decrypt(work, ports.output)
      : decryptToFile(work, args.out));
    ports.say(`${bytes} bytes, ${digest}.`);
    if (args.digest === undefined || args.digest === digest) return 0;
    ports.say(`These are not the bytes of ${args.digest}.`);
    return 1;
  },
};

async function masterKeysOf({ masterKeyFile }: KeysArguments, ports: KeysPorts): Promise<MasterKeys> {
  if (masterKeyFile === undefined) {
    const keys = ports.masterKeys();
    if (keys) return keys;
    throw new CommandRefused('Name the master keys: --master-key-file FILE, or ENTREPOT_MASTER_KEY_FILE, or a Vault.');
  }
  try {
    return LocalMasterKeys.parse(await readText(masterKeyFile));
  } catch (error) {
    if (error instanceof MasterKeysInvalid)
      throw new CommandRefused(`${masterKeyFile}: ${error.message}.`, { cause: error });
    throw error;
  }
}

function sourceOf({ keysFile, dataDirectory }: KeysArguments, ports: KeysPorts): KeySource {
  if (keysFile !== undefined) return { keysFile };
  const databaseUrl = ports.databaseUrl(dataDirectory);
  if (databaseUrl !== null) return { databaseUrl };
  throw new CommandRefused(
    'Say where the wrapped keys are: --keys FILE, --data-dir DIR of a suite that runs, or ENTREPOT_DATABASE_URL.',
  );
}
