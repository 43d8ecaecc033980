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

/** With the states that say whether anything in it may change. */
export interface PlaceRow extends Place {
  registryState: string;
  repositoryState: string;
}

/** `share`: its lock, state and deletion wait for us. `create`: so does another creation of an image. */
export type PlaceLock = 'share' | 'create';

/** Of `repository p` joined with `registry r`: the columns of a {@link PlaceRow}. */
export const PLACE_COLUMNS = `r.account_id AS "accountId", r.registry_id AS "registryId", r.name AS registry, r.limits, r.state AS "registryState",
    p.repository_id AS "repositoryId", p.name AS repository, p.locked AS "repositoryLocked", p.policies, p.image_count AS "imageCount",
    p.state AS "repositoryState"`;
/** Where such a row is, for registry `$1` and repository `$2`. */
export const PLACE_FROM = `repository p JOIN registry r ON r.registry_id = p.registry_id
    AND p.registry_id = $1 AND p.repository_id = $2 AND p.deleted_at IS NULL AND r.deleted_at IS NULL`;

const LOCKS: Record<PlaceLock, string> = { share: 'FOR SHARE OF p', create: 'FOR NO KEY UPDATE OF p' };

/** Throws `NAME_UNKNOWN` when the registry or the repository is gone, `DENIED` when its state allows no change. */
export async function lockPlace(
  tx: Transaction,
  { registryId, repositoryId }: Pick<ImageScope, 'registryId' | 'repositoryId'>,
  lock: PlaceLock,
): Promise<Place> {
  const text = `SELECT ${PLACE_COLUMNS} FROM ${PLACE_FROM} ${LOCKS[lock]}`;
  const [row] = await tx.ask<PlaceRow>({ name: `place-${lock}`, text, values: [registryId, repositoryId] });
  return changeable(row);
}

/** Whether the transaction has locked or written a row: only then Postgres gives it a number. */
export async function holdsLocks(tx: Transaction): Promise<boolean> {
  const text = `SELECT 1 WHERE pg_current_xact_id_if_assigned() IS NOT NULL`;
  return (await tx.ask({ name: 'holds-locks', text, values: [] })).length > 0;
}

const CHANGEABLE_REGISTRY = ['Running', 'Editing'];
const CHANGEABLE_REPOSITORY = ['Active', 'Editing'];

/** The same as a condition in SQL, on what {@link PLACE_COLUMNS} calls the states. */
export const PLACE_IS_CHANGEABLE = `"registryState" IN (${texts(CHANGEABLE_REGISTRY)}) AND "repositoryState" IN (${texts(CHANGEABLE_REPOSITORY)})`;

function texts(states: readonly string[]): string {
  return states.map((state) => `'${state}'`).join(', ');
}

/** The row, of a place that is there and may change. Throws as {@link lockPlace} does. */
export function changeable(row: PlaceRow | undefined): Place {
  if (row === undefined) throw oci.nameUnknown('the repository is gone: create it before you push to it');
  if (!CHANGEABLE_REGISTRY.includes(row.registryState)) {
    throw oci.denied(`The registry ${row.registry} is in state ${row.registryState}: nothing in it can be changed.`);
  }
  if (!CHANGEABLE_REPOSITORY.includes(row.repositoryState)) {
    throw oci.denied(
      `The repository ${row.repository} is in state ${row.repositoryState}: nothing in it can be changed.`,
    );
  }
  return row;
}
