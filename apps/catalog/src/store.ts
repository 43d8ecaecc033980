import { openBlobStore } from '@entrepot/blob-store';
import { storeCommand } from '@entrepot/catalog';
import { loadConfig } from '@entrepot/platform-config';
import { DataDirectory, runningServiceUrl } from '@entrepot/platform-embedded';
import { DatabaseConfig, StorageConfig, type StoragePlace } from '@entrepot/platform-service';

/** `npm run store`: see the usage that it prints. */
process.exitCode = await storeCommand(process.argv.slice(2), {
  say: (sentence) => process.stdout.write(`${sentence}\n`),
  databaseUrl: (dataDirectory) => {
    if (dataDirectory !== undefined) return runningServiceUrl(DataDirectory.at(dataDirectory), 'catalog');
    const { ENTREPOT_DATABASE_URL: url, ENTREPOT_DATABASE_URL_FILE: file } = process.env;
    return url || file ? loadConfig(DatabaseConfig).databaseUrl.reveal() : null;
  },
  openStore: async (dataDirectory) => {
    const own = dataDirectory === undefined ? {} : { ENTREPOT_BLOB_DIR: DataDirectory.at(dataDirectory).blobs };
    const { place } = loadConfig(StorageConfig, { ...process.env, ...own });
    return { store: await openBlobStore(place), name: nameOf(place) };
  },
});

/** Both, when two are open. */
function nameOf({ also, ...place }: StoragePlace): string {
  return also ? `${nameOf(place)} and ${nameOf(also)}` : nameOfOne(place);
}

function nameOfOne(place: StoragePlace): string {
  if (place.driver === 'directory') return place.root;
  const { endpoint } = place.options;
  return 'bucket' in place.options
    ? `${endpoint} ${place.options.bucket}`
    : `${endpoint} ${place.options.bucketPrefix}…`;
}
