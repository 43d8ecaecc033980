import type { ParsedManifest } from '@entrepot/oci';
import type { Transaction } from '@entrepot/platform-persistence';

export interface StoredManifest {
  manifestId: string;
  digest: string;
  locked: boolean;
}

/** `keep`: it is not deleted meanwhile. `end`: we are about to delete it. */
export type ManifestLock = 'keep' | 'end';
const LOCKS: Record<ManifestLock, string> = { keep: 'FOR KEY SHARE', end: 'FOR UPDATE' };

/** Null when no live manifest of the image has the digest. */
export async function lockManifest(
  tx: Transaction,
  registryId: string,
  imageId: string,
  digest: string,
  lock: ManifestLock,
): Promise<StoredManifest | null> {
  const rows = await tx.ask<StoredManifest>({
    name: `manifest-lock-${lock}`,
    text: `SELECT manifest_id AS "manifestId", digest, locked FROM manifest
      WHERE registry_id = $1 AND image_id = $2 AND digest = $3 AND deleted_at IS NULL ${LOCKS[lock]}`,
    values: [registryId, imageId, digest],
  });
  return rows[0] ?? null;
}

/** The live manifests among these digests, locked against deletion, in byte order. */
export async function lockChildren(
  tx: Transaction,
  registryId: string,
  imageId: string,
  digests: readonly string[],
): Promise<{ digest: string; size: number }[]> {
  return tx.ask({
    name: 'manifest-children-lock',
    text: `SELECT digest, size FROM manifest
      WHERE registry_id = $1 AND image_id = $2 AND digest = ANY($3::text[]) AND deleted_at IS NULL
      ORDER BY digest FOR KEY SHARE`,
    values: [registryId, imageId, digests],
  });
}

/** A manifest to be stored, its needs found and locked. */
export interface NewManifest {
  manifestId: string;
  digest: string;
  body: Buffer;
  parsed: ParsedManifest;
  /** The linked blobs that it names. */
  blobs: readonly { algorithm: string; hex: string }[];
  children: readonly string[];
}

export function insertManifest(
  tx: Transaction,
  registryId: string,
  imageId: string,
  manifest: NewManifest,
  { actor, now }: { actor: string; now: Date },
): void {
  const { manifestId, digest, body, parsed } = manifest;
  const annotations = JSON.stringify(parsed.annotations);
  tx.write({
    name: 'manifest-insert',
    text: `INSERT INTO manifest (registry_id, manifest_id, image_id, digest, media_type, artifact_type, size, total_size, body, subject,
        annotations, annotations_size, created_at, created_by)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    values: [
      registryId,
      manifestId,
      imageId,
      digest,
      parsed.mediaType,
      parsed.artifactType,
      body.length,
      parsed.totalSize,
      body,
      parsed.subject?.digest.toString() ?? null,
      annotations,
      Buffer.byteLength(annotations),
      now,
      actor,
    ],
  });
  insertNeeds(tx, registryId, imageId, manifest);
}

function insertNeeds(
  tx: Transaction,
  registryId: string,
  imageId: string,
  { manifestId, blobs, children }: NewManifest,
): void {
  if (blobs.length > 0) {
    tx.write({
      name: 'manifest-blobs-insert',
      text: `INSERT INTO manifest_blob (registry_id, manifest_id, image_id, algorithm, hex)
        SELECT $1, $2, $3, * FROM unnest($4::text[], $5::text[])`,
      values: [registryId, manifestId, imageId, blobs.map((b) => b.algorithm), blobs.map((b) => b.hex)],
    });
  }
  if (children.length > 0) {
    tx.write({
      name: 'manifest-children-insert',
      text: `INSERT INTO manifest_child (registry_id, manifest_id, image_id, child_digest)
        SELECT $1, $2, $3, unnest($4::text[])`,
      values: [registryId, manifestId, imageId, children],
    });
  }
}

/** Digests of live indexes of the image that list this one: at most `limit`, in byte order. */
export async function parentsOf(
  tx: Transaction,
  registryId: string,
  imageId: string,
  digest: string,
  limit: number,
): Promise<string[]> {
  const rows = await tx.ask<{ digest: string }>({
    name: 'manifest-parents',
    text: `SELECT m.digest FROM manifest_child c
      JOIN manifest m ON m.registry_id = c.registry_id AND m.manifest_id = c.manifest_id AND m.deleted_at IS NULL
      WHERE c.registry_id = $1 AND c.image_id = $2 AND c.child_digest = $3 ORDER BY m.digest LIMIT $4`,
    values: [registryId, imageId, digest, limit],
  });
  return rows.map((row) => row.digest);
}

/**
 * Ends a manifest whose row is locked. What it needed is looked at by the release worker after `keepUntil`; it finds out then whether
 * another manifest needs it too.
 */
export async function endManifest(
  tx: Transaction,
  registryId: string,
  manifestId: string,
  { actor, now, keepUntil }: { actor: string; now: Date; keepUntil: Date },
): Promise<void> {
  await tx.ask({
    name: 'manifest-end',
    text: `UPDATE manifest SET deleted_at = $3, deleted_by = $4 WHERE registry_id = $1 AND manifest_id = $2`,
    values: [registryId, manifestId, now, actor],
  });
  await tx.ask({
    name: 'manifest-end-links',
    text: `UPDATE blob_link l SET keep_until = $3 FROM (
        SELECT k.registry_id, k.image_id, k.algorithm, k.hex FROM manifest_blob needed
        JOIN blob_link k ON k.registry_id = needed.registry_id AND k.image_id = needed.image_id
          AND k.algorithm = needed.algorithm AND k.hex = needed.hex
        WHERE needed.registry_id = $1 AND needed.manifest_id = $2
        ORDER BY k.algorithm, k.hex FOR NO KEY UPDATE OF k) AS due
      WHERE l.registry_id = due.registry_id AND l.image_id = due.image_id AND l.algorithm = due.algorithm AND l.hex = due.hex`,
    values: [registryId, manifestId, keepUntil],
  });
  for (const table of ['manifest_blob', 'manifest_child']) {
    await tx.ask({
      name: `manifest-end-${table}`,
      text: `DELETE FROM ${table} WHERE registry_id = $1 AND manifest_id = $2`,
      values: [registryId, manifestId],
    });
  }
}
