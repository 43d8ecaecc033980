import { existsSync } from 'node:fs';
import { openBlobStore } from '@entrepot/blob-store';
import { storageCommand } from '@entrepot/catalog';
import { openMasterKeys } from '@entrepot/key-management';
import { loadConfig } from '@entrepot/platform-config';
import { DataDirectory, runningServiceUrl } from '@entrepot/platform-embedded';
import { DatabaseConfig, MasterKeyConfig, StorageConfig } from '@entrepot/platform-service';

/** `npm run storage`: see the usage that it prints. */
process.exitCode = await storageCommand(process.argv.slice(2), {
  say: (sentence) => process.stdout.write(`${sentence}\n`),
  databaseUrl: (dataDirectory) => {
    if (dataDirectory !== undefined) return runningServiceUrl(DataDirectory.at(dataDirectory), 'catalog');
    const { ENTREPOT_DATABASE_URL: url, ENTREPOT_DATABASE_URL_FILE: file } = process.env;
    return url || file ? loadConfig(DatabaseConfig).databaseUrl.reveal() : null;
  },
  openStore: (dataDirectory) => {
    const own = dataDirectory === undefined ? {} : { ENTREPOT_BLOB_DIR: DataDirectory.at(dataDirectory).blobs };
    return openBlobStore(loadConfig(StorageConfig, { ...process.env, ...own }).place);
  },
  masterKeys: (dataDirectory) => {
    const made = dataDirectory === undefined ? null : DataDirectory.at(dataDirectory).secretPath('master-key');
    const named = process.env['ENTREPOT_MASTER_KEY'] || process.env['ENTREPOT_MASTER_KEY_FILE'];
    const own = made !== null && !named && existsSync(made) ? { ENTREPOT_MASTER_KEY_FILE: made } : {};
    return openMasterKeys(loadConfig(MasterKeyConfig, { ...process.env, ...own }));
  },
});
