import { parseArgs } from 'node:util';
import { CommandRefused } from './command-refused.error.js';

export const USAGE = `npm run keys -- new --out FILE
    Makes a file with a new master key, for its owner's eyes only (0600).
npm run keys -- ids [--master-key-file FILE]
    Names of the master keys, the current one first. Never the keys.
npm run keys -- check [--master-key-file FILE] [WHERE]
    Proves that the master keys open every registry key. Ends with 1 when they don't.
npm run keys -- export [--out FILE] [WHERE]
    The wrapped keys, for a backup or for decrypt. Without the master key they open nothing.
npm run keys -- rewrap [--master-key-file FILE] [WHERE]
    Wraps every registry key by the current master key. Stop it at any time; run it again to go on.
npm run keys -- decrypt --location FILE [--blob FILE]... [--out FILE] [--digest DIGEST] [--master-key-file FILE] [WHERE]
    One blob's plaintext from its stored bytes (without --blob: from the input), with the location from its row.

WHERE the wrapped keys are: --keys FILE (that export wrote), --data-dir DIR (of a suite that runs), else ENTREPOT_DATABASE_URL (also _FILE).
The master keys: --master-key-file FILE, else the settings ENTREPOT_MASTER_KEY_FILE, ENTREPOT_KMS and ENTREPOT_VAULT_....
`;

const OPTIONS = {
  'master-key-file': { type: 'string' },
  keys: { type: 'string' },
  'data-dir': { type: 'string' },
  out: { type: 'string' },
  location: { type: 'string' },
  blob: { type: 'string', multiple: true },
  digest: { type: 'string' },
  help: { type: 'boolean' },
} as const;

export interface KeysArguments {
  readonly verb: string;
  readonly masterKeyFile: string | undefined;
  readonly keysFile: string | undefined;
  readonly dataDirectory: string | undefined;
  readonly out: string | undefined;
  readonly location: string | undefined;
  readonly blobs: readonly string[];
  readonly digest: string | undefined;
}

/** Null: the usage is to be printed. Throws `CommandRefused`. */
export function keysArguments(args: readonly string[]): KeysArguments | null {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [verb, ...rest] = positionals;
    if (verb === undefined || values.help) return null;
    if (rest.length > 0) throw new CommandRefused(`${rest[0]} is one word too many.`);
    return {
      verb,
      masterKeyFile: values['master-key-file'],
      keysFile: values.keys,
      dataDirectory: values['data-dir'],
      out: values.out,
      location: values.location,
      blobs: values.blob ?? [],
      digest: values.digest,
    };
  } catch (error) {
    if (error instanceof CommandRefused) throw error;
    throw new CommandRefused((error as Error).message, { cause: error });
  }
}
