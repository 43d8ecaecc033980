import { loadConfig } from '@entrepot/platform-config';
import { DataDirectory, runningServiceUrl } from '@entrepot/platform-embedded';
import { DatabaseConfig, StorageConfig, type StoragePlace } from '@entrepot/platform-service';

/** The catalog's database: that of the suite that runs on a data directory, else that of the settings; null when they name none. */
export function databaseUrlOf(dataDirectory: string | undefined): string | null {
  if (dataDirectory !== undefined) return runningServiceUrl(DataDirectory.at(dataDirectory), 'catalog');
  const { ENTREPOT_DATABASE_URL: url, ENTREPOT_DATABASE_URL_FILE: file } = process.env;
  return url || file ? loadConfig(DatabaseConfig).databaseUrl.reveal() : null;
}

/** Where blobs are by the settings; a directory of them is that of the data directory, if one is named. Throws `ConfigInvalid`. */
export function storagePlaceOf(dataDirectory: string | undefined): StoragePlace {
  const own = dataDirectory === undefined ? {} : { ENTREPOT_BLOB_DIR: DataDirectory.at(dataDirectory).blobs };
  return loadConfig(StorageConfig, { ...process.env, ...own }).place;
}
