import type { Database, Transaction } from '@entrepot/platform-persistence';
import type { Ending, Scan, ScanState } from './scan.js';

export interface ScanFilter {
  accountId: string;
  registryId: string;
  state?: ScanState | undefined;
  /** The last row of the page before. */
  after?: { imageId: string; digest: string } | undefined;
  limit: number;
}

/** Twice as long as the stream of facts keeps anything: what is forgotten can't be pushed by an older fact any more. */
const REMEMBER_ENDINGS = `interval '14 days'`;

const COLUMNS = `account_id AS "accountId", registry_id AS "registryId", repository_id AS "repositoryId", repository,
  image_id AS "imageId", image, digest, media_type AS "mediaType", artifact_type AS "artifactType", subject, size, state,
  pushed_at AS "pushedAt"`;

const INSERT = `
  INSERT INTO scan AS known (account_id, registry_id, repository_id, repository, image_id, image, digest, media_type, artifact_type,
    subject, size, pushed_at, sequence)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
  WHERE NOT EXISTS (
    SELECT FROM ended WHERE registry_id = $2 AND thing = ANY($14) AND (sequence IS NULL OR sequence > $13))
  ON CONFLICT (registry_id, image_id, digest) DO UPDATE SET pushed_at = excluded.pushed_at, sequence = excluded.sequence
  WHERE known.sequence < excluded.sequence`;

const REMEMBER = `
  INSERT INTO ended AS known (registry_id, thing, sequence, ended_at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (registry_id, thing) DO UPDATE SET sequence = excluded.sequence, ended_at = excluded.ended_at
  WHERE known.sequence < excluded.sequence`;

const DELETE = `
  DELETE FROM scan WHERE registry_id = $1 AND ($2::text IS NULL OR repository_id = $2) AND ($3::text IS NULL OR image_id = $3)
    AND ($4::text IS NULL OR digest = $4) AND ($5::text IS NULL OR sequence < $5)`;

const FORGET = `
  DELETE FROM ended WHERE ctid = ANY (ARRAY(SELECT ctid FROM ended WHERE ended_at < now() - ${REMEMBER_ENDINGS} LIMIT 100))`;

/**
 * What there is to scan. Facts may come twice and, after a failed attempt, in another order: the state is that of the latest by sequence,
 * however they come.
 */
export class ScanStore {
  constructor(private readonly database: Database) {}

  /** Records a pushed manifest as unscanned, unless it is known or has ended since. */
  async pushed(scan: Omit<Scan, 'state'>, sequence: string): Promise<void> {
    const { registryId, repositoryId, imageId, digest } = scan;
    await this.database.inTransaction(async (tx) => {
      await oneAtATime(tx, registryId);
      tx.write({
        name: 'scan-insert',
        text: INSERT,
        values: [
          ...[scan.accountId, registryId, repositoryId, scan.repository, imageId, scan.image, digest, scan.mediaType],
          ...[scan.artifactType, scan.subject, scan.size, scan.pushedAt, sequence],
          [{ imageId, digest }, { imageId }, { repositoryId }, {}].map(thingOf),
        ],
      });
    });
  }

  /** Ends what was pushed before, also what will be heard of only later. */
  async ended(ending: Ending): Promise<void> {
    const { registryId, repositoryId, imageId, digest, sequence, at } = ending;
    await this.database.inTransaction(async (tx) => {
      await oneAtATime(tx, registryId);
      await tx.query(REMEMBER, [registryId, thingOf(ending), sequence, at]);
      await tx.query(DELETE, [registryId, repositoryId ?? null, imageId ?? null, digest ?? null, sequence]);
      await tx.query(FORGET);
    });
  }

  /** Scans of one registry, by image and digest; one more than `limit`, to tell whether there is more. */
  async list({ accountId, registryId, state, after, limit }: ScanFilter): Promise<Scan[]> {
    const rows = await this.database.query<Omit<Scan, 'size'> & { size: string }>(
      `SELECT ${COLUMNS} FROM scan WHERE registry_id = $1 AND account_id = $2 AND ($3::text IS NULL OR state = $3)
         AND (image_id, digest) > ($4, $5) ORDER BY image_id, digest LIMIT $6`,
      [registryId, accountId, state ?? null, after?.imageId ?? '', after?.digest ?? '', limit + 1],
    );
    return rows.map((row) => ({ ...row, size: Number(row.size) }));
  }
}

// Between the look at what ended and the insertion nothing may end. Two small statements are all that waits.
async function oneAtATime(tx: Transaction, registryId: string): Promise<void> {
  const text = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';
  await tx.ask({ name: 'scans-lock', text, values: [`entrepot.scans.${registryId}`] });
}

function thingOf({
  repositoryId,
  imageId,
  digest,
}: {
  repositoryId?: string;
  imageId?: string;
  digest?: string;
}): string {
  if (imageId !== undefined) return digest === undefined ? `image/${imageId}` : `manifest/${imageId}@${digest}`;
  return repositoryId === undefined ? 'registry' : `repository/${repositoryId}`;
}
