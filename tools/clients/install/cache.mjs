// The folder that keeps the clients between runs. A client's folder appears there by one rename when it is complete,
// so that a run that was stopped half way leaves nothing that looks installed.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** `$ENTREPOT_CLIENT_CACHE`, else `~/.cache/entrepot-clients`; never inside the repository. */
export const cacheFolder = () =>
  resolve(process.env.ENTREPOT_CLIENT_CACHE || join(homedir(), '.cache', 'entrepot-clients'));

/**
 * The folder `name` of the cache, filled by `fill(emptyFolder)` where it is missing. `check(folder)` proves that what
 * is cached still runs; a folder that fails the proof is filled once more.
 * @returns {Promise<string>} the folder
 */
export async function cached(name, fill, check) {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) {
    if (await works(check, folder)) return folder;
    rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(cacheFolder(), { recursive: true });
  const draft = mkdtempSync(join(cacheFolder(), `.${name}-`));
  try {
    await fill(draft);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  await check(folder);
  return folder;
}

async function works(check, folder) {
  try {
    await check(folder);
    return true;
  } catch {
    return false;
  }
}
