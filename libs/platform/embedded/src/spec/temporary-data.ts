import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory } from '../data-directory/data-directory.js';

/** A locked data directory of one spec's own. */
export function temporaryData(): { data: DataDirectory; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'entrepot-embedded-'));
  chmodSync(folder, 0o755);
  const data = DataDirectory.lock(folder);
  return {
    data,
    remove: () => {
      data.unlock();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
