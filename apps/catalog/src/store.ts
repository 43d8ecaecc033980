import { openBlobStore } from '@entrepot/blob-store';
import { storeCommand } from '@entrepot/catalog';
import type { StoragePlace } from '@entrepot/platform-service';
import { databaseUrlOf, storagePlaceOf } from './command-settings.js';

/** `npm run store`: see the usage that it prints. */
process.exitCode = await storeCommand(process.argv.slice(2), {
  say: (sentence) => process.stdout.write(`${sentence}\n`),
  databaseUrl: databaseUrlOf,
  openStore: async (dataDirectory) => {
    const place = storagePlaceOf(dataDirectory);
    return { store: await openBlobStore(place), name: nameOf(place) };
  },
});

/** Both, when two are open. */
function nameOf({ also, ...place }: StoragePlace): string {
  return also ? `${nameOfOne(place)} and ${nameOfOne(also)}` : nameOfOne(place);
}

function nameOfOne(place: StoragePlace): string {
  if (place.driver === 'directory') return place.root;
  const { endpoint } = place.options;
  return 'bucket' in place.options
    ? `${endpoint} ${place.options.bucket}`
    : `${endpoint} ${place.options.bucketPrefix}…`;
}
