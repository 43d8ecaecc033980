import { keysCommand } from '@entrepot/catalog';
import { openMasterKeys } from '@entrepot/key-management';
import { loadConfig } from '@entrepot/platform-config';
import { DataDirectory, runningServiceUrl } from '@entrepot/platform-embedded';
import { DatabaseConfig, MasterKeyConfig } from '@entrepot/platform-service';

/** `npm run keys`: see the usage that it prints. */
process.exitCode = await keysCommand(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  say: (sentence) => process.stderr.write(`${sentence}\n`),
  masterKeys: () => openMasterKeys(loadConfig(MasterKeyConfig)),
  databaseUrl: (dataDirectory) => {
    if (dataDirectory !== undefined) return runningServiceUrl(DataDirectory.at(dataDirectory), 'catalog');
    const { ENTREPOT_DATABASE_URL: url, ENTREPOT_DATABASE_URL_FILE: file } = process.env;
    return url || file ? loadConfig(DatabaseConfig).databaseUrl.reveal() : null;
  },
});
