import { type Secret, Setting } from '@entrepot/platform-config';

/** Where a service's rows are. */
export class DatabaseConfig {
  @Setting({
    env: 'ENTREPOT_DATABASE_URL',
    kind: 'secret',
    help: 'Postgres URL of this service: its own role, which owns its own schema.',
  })
  databaseUrl!: Secret;
}

/** Where the bytes of blobs are. */
export class BlobDirectoryConfig {
  @Setting({
    env: 'ENTREPOT_BLOB_DIR',
    kind: 'path',
    help: 'Directory of the blob store; the same one, shared, for the gateway and the catalog.',
  })
  blobDirectory!: string;
}
