import type { KeptKey, WrappedKey } from '@entrepot/key-management';
import type { Database, Transaction } from '@entrepot/platform-persistence';
import { walkKeyset } from '../keyset-walk.js';

/** A registry's key as its owner may see it: everything but the wrapped bytes. */
export interface KeyRow {
  keyId: string;
  masterKeyId: string;
  createdAt: Date;
  createdBy: string;
  retiredAt: Date | null;
}

const WRAPPED = `registry_id AS "registryId", key_id AS "keyId", master_key_id AS "masterKeyId", wrapped`;

export async function insertKey(
  tx: Transaction,
  { registryId, keyId, masterKeyId, wrapped }: KeptKey,
  { actor, now }: { actor: string; now: Date },
): Promise<void> {
  await tx.query(
    `INSERT INTO registry_key (registry_id, key_id, wrapped, master_key_id, created_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [registryId, keyId, wrapped, masterKeyId, now, actor],
  );
}

/** From now on it opens what it sealed, and seals nothing new. */
export async function retireCurrentKey(tx: Transaction, registryId: string, now: Date): Promise<void> {
  await tx.query(`UPDATE registry_key SET retired_at = $2 WHERE registry_id = $1 AND retired_at IS NULL`, [
    registryId,
    now,
  ]);
}

/** Null when there is no such registry. A null `keyId` asks for the current key. */
export async function findKey(
  database: Database,
  registryId: string,
  keyId: string | null,
): Promise<{ encrypted: boolean; keyId: string | null; masterKeyId: string | null; wrapped: string | null } | null> {
  const [row] = await database.query<{
    encrypted: boolean;
    keyId: string | null;
    masterKeyId: string | null;
    wrapped: string | null;
  }>(
    `SELECT r.encrypted, k.key_id AS "keyId", k.master_key_id AS "masterKeyId", k.wrapped
     FROM registry r LEFT JOIN registry_key k ON k.registry_id = r.registry_id
       AND CASE WHEN $2::text IS NULL THEN k.retired_at IS NULL ELSE k.key_id = $2 END
     WHERE r.registry_id = $1`,
    [registryId, keyId],
  );
  return row ?? null;
}

/** The newest first. */
export function listKeys(database: Database, registryId: string, limit: number): Promise<KeyRow[]> {
  return database.query<KeyRow>(
    `SELECT key_id AS "keyId", master_key_id AS "masterKeyId", created_at AS "createdAt", created_by AS "createdBy",
       retired_at AS "retiredAt"
     FROM registry_key WHERE registry_id = $1 ORDER BY retired_at DESC NULLS FIRST, key_id LIMIT $2`,
    [registryId, limit],
  );
}

/** Keys of registries that are there, in pages: all of them are walked. */
export function livingKeys(database: Database, pageSize: number): AsyncGenerator<KeptKey[]> {
  return keyPages(database, 'r.deleted_at IS NULL', pageSize);
}

/** Those of deleted registries too. */
export function allKeys(database: Database, pageSize: number): AsyncGenerator<KeptKey[]> {
  return keyPages(database, 'true', pageSize);
}

function keyPages(database: Database, which: string, pageSize: number): AsyncGenerator<KeptKey[]> {
  return walkKeyset(
    pageSize,
    ['', ''],
    (after) =>
      database.query<KeptKey>(
        `SELECT ${WRAPPED} FROM registry_key JOIN registry r USING (registry_id)
         WHERE ${which} AND (registry_id, key_id) > ($1, $2) ORDER BY registry_id, key_id LIMIT $3`,
        [...after, pageSize],
      ),
    ({ registryId, keyId }) => [registryId, keyId],
  );
}

/** Keys that another master key wraps, those of deleted registries too, after a position. */
export function keysUnderOthers(
  database: Database,
  masterKeyId: string,
  [registryId, keyId]: readonly [string, string],
  limit: number,
): Promise<KeptKey[]> {
  return database.query<KeptKey>(
    `SELECT ${WRAPPED} FROM registry_key
     WHERE master_key_id <> $1 AND (registry_id, key_id) > ($2, $3) ORDER BY registry_id, key_id LIMIT $4`,
    [masterKeyId, registryId, keyId, limit],
  );
}

export async function countUnderOthers(database: Database, masterKeyId: string): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM registry_key WHERE master_key_id <> $1`,
    [masterKeyId],
  );
  return row?.count ?? 0;
}

/** False when the row is not what was read any more: somebody else rewrapped it. */
export async function replaceWrapping(tx: Transaction, before: KeptKey, after: WrappedKey): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE registry_key SET wrapped = $4, master_key_id = $5
     WHERE registry_id = $1 AND key_id = $2 AND wrapped = $3 RETURNING 1`,
    [before.registryId, before.keyId, before.wrapped, after.wrapped, after.masterKeyId],
  );
  return rows.length > 0;
}

export interface MasterKeyUse {
  masterKeyId: string;
  registries: number;
  keys: number;
}

/** Which master keys wrap how much, of registries that are there. */
export function masterKeyUses(database: Database, limit: number): Promise<MasterKeyUse[]> {
  return database.query<MasterKeyUse>(
    `SELECT master_key_id AS "masterKeyId", count(DISTINCT registry_id)::integer AS registries, count(*)::integer AS keys
     FROM registry_key JOIN registry r USING (registry_id) WHERE r.deleted_at IS NULL
     GROUP BY master_key_id ORDER BY master_key_id LIMIT $1`,
    [limit],
  );
}

/** The newest key of each master key in use. */
export function canaries(database: Database, limit: number): Promise<(KeptKey & { registries: number })[]> {
  return database.query<KeptKey & { registries: number }>(
    `SELECT u.registries, k.*
     FROM (SELECT master_key_id, count(DISTINCT registry_id)::integer AS registries
           FROM registry_key JOIN registry r USING (registry_id) WHERE r.deleted_at IS NULL
           GROUP BY master_key_id ORDER BY master_key_id LIMIT $1) u
     CROSS JOIN LATERAL (
       SELECT ${WRAPPED} FROM registry_key JOIN registry r USING (registry_id)
       WHERE master_key_id = u.master_key_id AND r.deleted_at IS NULL ORDER BY registry_key.created_at DESC LIMIT 1) k`,
    [limit],
  );
}
