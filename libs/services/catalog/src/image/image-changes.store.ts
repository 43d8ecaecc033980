import type { Transaction } from '@entrepot/platform-persistence';

/** Locks the live image; `locked` is how it stands. Null when the repository has no such image. */
export async function lockImageById(
  tx: Transaction,
  registryId: string,
  repositoryId: string,
  imageId: string,
): Promise<{ locked: boolean } | null> {
  const [image] = await tx.query<{ locked: boolean }>(
    `SELECT locked FROM image WHERE registry_id = $1 AND image_id = $2 AND repository_id = $3 AND deleted_at IS NULL
     FOR NO KEY UPDATE`,
    [registryId, imageId, repositoryId],
  );
  return image ?? null;
}

/** What is null stays. */
export async function describeImage(
  tx: Transaction,
  registryId: string,
  imageId: string,
  { description, locked, now }: { description: string | null; locked: boolean | null; now: Date },
): Promise<void> {
  await tx.query(
    `UPDATE image SET description = coalesce($3, description), locked = coalesce($4, locked), modified_at = $5
     WHERE registry_id = $1 AND image_id = $2`,
    [registryId, imageId, description, locked, now],
  );
}
