import { keysCommand } from '@entrepot/catalog';
import { openMasterKeys } from '@entrepot/key-management';
import { loadConfig } from '@entrepot/platform-config';
import { MasterKeyConfig } from '@entrepot/platform-service';
import { databaseUrlOf } from './command-settings.js';

/** `npm run keys`: see the usage that it prints. */
process.exitCode = await keysCommand(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  say: (sentence) => process.stderr.write(`${sentence}\n`),
  masterKeys: () => openMasterKeys(loadConfig(MasterKeyConfig)),
  databaseUrl: databaseUrlOf,
});
