import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAM = 'nats-server';
/** Debian installs servers here, and a user's PATH leaves it out. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];

export interface NatsServerSearch {
  /** Where `npm start` puts programs that it obtained. */
  readonly toolsDirectory: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Path of a nats-server: what ENTREPOT_NATS_SERVER names, else the first on the PATH or in the system's usual folders, else the one in
 * the tools folder; null when there is none.
 */
export function findNatsServer({ toolsDirectory, environment = process.env }: NatsServerSearch): string | null {
  const named = environment['ENTREPOT_NATS_SERVER'];
  if (named) return isProgram(named) ? named : null;
  const folders = [...(environment['PATH'] ?? '').split(delimiter).filter(Boolean), ...SYSTEM_FOLDERS, toolsDirectory];
  return folders.map((folder) => join(folder, PROGRAM)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
