import type { Database, Transaction } from '@entrepot/platform-persistence';
import type { Ending, PushedScan, Scan, ScanState } from './scan.js';

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

/** How long a push waits for its registry's lock: a registry may end for seconds, and others' pushes wait behind it. */
const PUSH_WAIT_MS = 300;

const COLUMNS = `account_id AS "accountId", registry_id AS "registryId", repository_id AS "repositoryId", repository,
  image_id AS "imageId", image, digest, media_type AS "mediaType", artifact_type AS "artifactType", subject, size, state,
  pushed_at AS "pushedAt"`;

// One manifest may have been pushed twice in one batch: the latest counts.
const INSERT = `
  INSERT INTO scan AS known (account_id, registry_id, repository_id, repository, image_id, image, digest, media_type, artifact_type,
    subject, size, pushed_at, sequence)
  SELECT DISTINCT ON ("registryId", "imageId", digest) "accountId", "registryId", "repositoryId", repository, "imageId", image, digest,
    "mediaType", "artifactType", subject, size, "pushedAt", sequence
  FROM jsonb_to_recordset($1::jsonb) AS pushed ("accountId" text, "registryId" text, "repositoryId" text, repository text, "imageId" text,
    image text, digest text, "mediaType" text, "artifactType" text, subject text, size bigint, "pushedAt" timestamptz, sequence text, things text[])
  WHERE NOT EXISTS (
    SELECT FROM ended e
    WHERE e.registry_id = "registryId" AND e.thing = ANY(things) AND (e.sequence IS NULL OR e.sequence > pushed.sequence))
  ORDER BY "registryId", "imageId", digest, sequence DESC
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

  /**
   * Records pushed manifests as unscanned, but those that are known or have ended since. Throws `DatabaseBusy` soon when one of their registries
   * is being ended for longer than that: whoever asked tries the others apart, and that one later.
   */
  async pushed(scans: readonly PushedScan[]): Promise<void> {
    const rows = scans.map((scan) => ({ ...scan, things: thingsOf(scan) }));
    await this.database.inTransaction(async (tx) => {
      tx.write({ name: 'scans-wait', text: `SET LOCAL lock_timeout = '${PUSH_WAIT_MS}ms'`, values: [] });
      await oneAtATime(
        tx,
        scans.map(({ registryId }) => registryId),
      );
      tx.write({ name: 'scan-insert', text: INSERT, values: [JSON.stringify(rows)] });
    });
  }

  /** Ends what was pushed before, also what will be heard of only later. */
  async ended(ending: Ending): Promise<void> {
    const { registryId, repositoryId, imageId, digest, sequence, at } = ending;
    await this.database.inTransaction(async (tx) => {
      await oneAtATime(tx, [registryId]);
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

// Between the look at what ended and the insertion nothing may end. Two small statements are all that waits. Sorted, so that nobody waits in a circle.
async function oneAtATime(tx: Transaction, registryIds: readonly string[]): Promise<void> {
  const text = 'SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest($1::text[]) AS name';
  const names = [...new Set(registryIds)].sort().map((registryId) => `entrepot.scans.${registryId}`);
  await tx.ask({ name: 'scans-lock', text, values: [names] });
}

/** Whatever, once ended, ends this. */
function thingsOf({ repositoryId, imageId, digest }: PushedScan): string[] {
  return [{ imageId, digest }, { imageId }, { repositoryId }, {}].map(thingOf);
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
