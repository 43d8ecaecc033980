import { existsSync } from 'node:fs';
import { openBlobStore } from '@entrepot/blob-store';
import { storageCommand } from '@entrepot/catalog';
import { openMasterKeys } from '@entrepot/key-management';
import { loadConfig } from '@entrepot/platform-config';
import { DataDirectory } from '@entrepot/platform-embedded';
import { MasterKeyConfig } from '@entrepot/platform-service';
import { databaseUrlOf, storagePlaceOf } from './command-settings.js';

/** `npm run storage`: see the usage that it prints. */
process.exitCode = await storageCommand(process.argv.slice(2), {
  say: (sentence) => process.stdout.write(`${sentence}\n`),
  databaseUrl: databaseUrlOf,
  openStore: (dataDirectory) => openBlobStore(storagePlaceOf(dataDirectory)),
  masterKeys: (dataDirectory) => {
    const made = dataDirectory === undefined ? null : DataDirectory.at(dataDirectory).secretPath('master-key');
    const named = process.env['ENTREPOT_MASTER_KEY'] || process.env['ENTREPOT_MASTER_KEY_FILE'];
    const own = made !== null && !named && existsSync(made) ? { ENTREPOT_MASTER_KEY_FILE: made } : {};
    return openMasterKeys(loadConfig(MasterKeyConfig, { ...process.env, ...own }));
  },
});
