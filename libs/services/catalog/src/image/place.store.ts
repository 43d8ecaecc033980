import type { ImageScope } from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import type { Transaction } from '@entrepot/platform-persistence';

/** Limits that a registry sets for itself; null or absent: the default. */
export interface RegistryLimits {
  repositories?: number | null;
  images?: number | null;
  tags?: number | null;
  bytes?: number | null;
}

/** The registry and the repository that a write concerns, the repository's row locked. */
export interface Place {
  accountId: string;
  registryId: string;
  registry: string;
  limits: RegistryLimits;
  repositoryId: string;
  repository: string;
  repositoryLocked: boolean;
  /** The template that a new image gets. */
  policies: Record<string, unknown>;
  imageCount: number;
}

interface PlaceRow extends Place {
  registryState: string;
  repositoryState: string;
}

/** `share`: its lock, state and deletion wait for us. `create`: so does another creation of an image. */
export type PlaceLock = 'share' | 'create';

const SELECT = `SELECT r.account_id AS "accountId", r.registry_id AS "registryId", r.name AS registry, r.limits, r.state AS "registryState",
    p.repository_id AS "repositoryId", p.name AS repository, p.locked AS "repositoryLocked", p.policies, p.image_count AS "imageCount",
    p.state AS "repositoryState"
  FROM repository p JOIN registry r ON r.registry_id = p.registry_id
  WHERE p.registry_id = $1 AND p.repository_id = $2 AND p.deleted_at IS NULL AND r.deleted_at IS NULL`;

const LOCKS: Record<PlaceLock, string> = { share: 'FOR SHARE OF p', create: 'FOR NO KEY UPDATE OF p' };

/** Throws `NAME_UNKNOWN` when the registry or the repository is gone, `DENIED` when its state allows no change. */
export async function lockPlace(
  tx: Transaction,
  { registryId, repositoryId }: Pick<ImageScope, 'registryId' | 'repositoryId'>,
  lock: PlaceLock,
): Promise<Place> {
  const text = `${SELECT} ${LOCKS[lock]}`;
  const [row] = await tx.ask<PlaceRow>({ name: `place-${lock}`, text, values: [registryId, repositoryId] });
  if (row === undefined) throw oci.nameUnknown('the repository is gone: create it before you push to it');
  if (!['Running', 'Editing'].includes(row.registryState)) {
    throw oci.denied(`The registry ${row.registry} is in state ${row.registryState}: nothing in it can be changed.`);
  }
  if (!['Active', 'Editing'].includes(row.repositoryState)) {
    throw oci.denied(
      `The repository ${row.repository} is in state ${row.repositoryState}: nothing in it can be changed.`,
    );
  }
  return row;
}
