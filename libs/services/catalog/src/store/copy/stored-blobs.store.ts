import type { BlobLocation, WriterState } from '@entrepot/blob-store';
import type { Database } from '@entrepot/platform-persistence';
import { walkKeyset } from '../../keyset-walk.js';

/** Rows in one answer: a location may have a megabyte, though most have some hundred bytes. */
const PAGE = 200;

/** A generation whose bytes are in a store. */
export interface StoredBlob {
  registryId: string;
  generation: string;
  algorithm: 'sha256' | 'sha512';
  hex: string;
  size: number;
  state: string;
  /** Of a registry that was deleted: they go by themselves. */
  leaving: boolean;
  /** Null while a copy is being written. */
  location: BlobLocation | null;
}

/** Every generation with bytes, of one registry or of all, in pages: what is inserted meanwhile may be missed. */
export async function* storedBlobs(database: Database, registryId: string | null): AsyncGenerator<StoredBlob> {
  const pages = walkKeyset(
    PAGE,
    [registryId ?? '', ''],
    (after) =>
      database.query<StoredBlob>(
        `SELECT registry_id AS "registryId", generation, algorithm, hex, size::float8 AS size, state, location,
           (SELECT r.deleted_at IS NOT NULL FROM registry r WHERE r.registry_id = blob.registry_id) AS leaving
         FROM blob WHERE (registry_id, generation) > ($1, $2) AND ($3::text IS NULL OR registry_id = $3) AND state <> 'released'
         ORDER BY registry_id, generation LIMIT ${PAGE}`,
        [...after, registryId],
      ),
    (blob) => [blob.registryId, blob.generation],
  );
  for await (const page of pages) yield* page;
}

/** What uploads that have not ended hold so far, and where blobs are beside which bytes are still to be removed. */
export async function* uploadStates(database: Database, registryId: string | null): AsyncGenerator<WriterState> {
  const pages = walkKeyset(
    PAGE,
    [registryId ?? '', ''],
    (after) =>
      database.query<{ registryId: string; uploadId: string; state: WriterState }>(
        `SELECT registry_id AS "registryId", upload_id AS "uploadId", COALESCE(state, location) AS state FROM upload
         WHERE (registry_id, upload_id) > ($1, $2) AND ($3::text IS NULL OR registry_id = $3)
           AND (phase <> 'committed' OR tidy_at IS NOT NULL) AND COALESCE(state, location) IS NOT NULL
         ORDER BY registry_id, upload_id LIMIT ${PAGE}`,
        [...after, registryId],
      ),
    (upload) => [upload.registryId, upload.uploadId],
  );
  for await (const page of pages) for (const { state } of page) yield state;
}
