import { blobQuarantined, blobRepaired } from '@entrepot/contracts';
import type { Transaction } from '@entrepot/platform-persistence';
import type { Deed } from '../outbox/tell-of-image.js';
import { replaceDamaged } from './replace-damaged.js';
import { type ClaimedBlob, postpone, recordSound } from './scrub.store.js';
import { tellOfBlob } from './tell-of-blob.js';

/** Work of our own, in words of facts. */
const ACTOR = 'catalog';
/** A problem is a sentence; a store's own words may be longer. */
const MAX_PROBLEM = 500;

export interface Judgement {
  problem: string;
  now: Date;
  /** When it is read again: the right bytes may come back, with the disk that was not mounted. */
  again: Date;
}

/**
 * Sets a live generation aside: it is not handed out, not mounted and not accepted as part of a manifest until its digest is pushed again. False
 * when it is not live any more, or its bytes were moved since they were read; then nothing was judged.
 */
export async function quarantineBlob(
  tx: Transaction,
  blob: ClaimedBlob,
  { problem, now, again }: Judgement,
): Promise<boolean> {
  const { registryId, generation, algorithm, hex } = blob;
  const told = problem.slice(0, MAX_PROBLEM);
  const rows = await tx.query(
    `WITH set_aside AS (
       UPDATE blob SET state = 'quarantined'
       WHERE registry_id = $1 AND generation = $2 AND state = 'live' AND location = $7::jsonb
       RETURNING registry_id, generation)
     INSERT INTO damaged_blob (registry_id, algorithm, hex, generation, problem, found_at)
     SELECT registry_id, $3, $4, generation, $5, $6 FROM set_aside RETURNING 1`,
    [registryId, generation, algorithm, hex, told, now, JSON.stringify(blob.location)],
  );
  await postpone(tx, [blob], again);
  if (rows.length === 0) return false;
  // Due again whenever it may be: it never was right since.
  await tx.query(
    `UPDATE blob_check SET suspected_at = NULL, verified_at = 'epoch' WHERE registry_id = $1 AND generation = $2`,
    [registryId, generation],
  );
  tellOfBlob(tx, blobQuarantined, await placeOf(tx, registryId), factsOf(blob), deedAt(now), { problem: told });
  return true;
}

/** Gives a quarantined generation whose bytes are right again back. False when it is not quarantined, or its digest has a live one already. */
export async function restoreBlob(tx: Transaction, blob: ClaimedBlob, now: Date): Promise<boolean> {
  const { registryId, generation, algorithm, hex } = blob;
  const rows = await tx.query(
    `WITH given_back AS (
       UPDATE blob SET state = 'live' WHERE registry_id = $1 AND generation = $2 AND state = 'quarantined'
         AND NOT EXISTS (SELECT 1 FROM blob WHERE registry_id = $1 AND algorithm = $3 AND hex = $4 AND state = 'live')
       RETURNING registry_id, generation)
     DELETE FROM damaged_blob d USING given_back g
     WHERE d.registry_id = g.registry_id AND d.generation = g.generation RETURNING 1`,
    [registryId, generation, algorithm, hex],
  );
  if (rows.length === 0) return false;
  await recordSound(tx, [blob], now);
  tellOfBlob(tx, blobRepaired, await placeOf(tx, registryId), factsOf(blob), deedAt(now), { by: 'found' });
  return true;
}

/**
 * A push whose look came a moment before the quarantine's commit may have stored a live generation beside the quarantined one: its links are led
 * over now. Resolves to how many digests.
 */
export async function settleRepaired(tx: Transaction, now: Date, limit: number): Promise<number> {
  const pairs = await tx.query<{
    registryId: string;
    algorithm: string;
    hex: string;
    generation: string;
    size: number;
  }>(
    `SELECT DISTINCT b.registry_id AS "registryId", b.algorithm, b.hex, b.generation, b.size::float8 AS size
     FROM damaged_blob d JOIN blob b ON b.registry_id = d.registry_id AND b.algorithm = d.algorithm AND b.hex = d.hex AND b.state = 'live'
     ORDER BY 1, 2, 3 LIMIT $1`,
    [limit],
  );
  for (const { registryId, algorithm, hex, generation, size } of pairs) {
    // So that it stays live until we commit.
    const held = await tx.query(
      `SELECT 1 FROM blob WHERE registry_id = $1 AND generation = $2 AND state = 'live' FOR NO KEY UPDATE`,
      [registryId, generation],
    );
    if (held.length === 0) continue;
    const repair = { digest: { algorithm, hex }, generation, size };
    await replaceDamaged(tx, await placeOf(tx, registryId), repair, deedAt(now));
  }
  return pairs.length;
}

const deedAt = (now: Date): Deed => ({ actor: ACTOR, now });

function factsOf({ algorithm, hex, size, generation }: ClaimedBlob) {
  return { digest: { algorithm, hex }, size, generation };
}

/** A registry's row outlives its deletion. */
async function placeOf(tx: Transaction, registryId: string) {
  const [row] = await tx.query<{ accountId: string; registry: string }>(
    `SELECT account_id AS "accountId", name AS registry FROM registry WHERE registry_id = $1`,
    [registryId],
  );
  if (!row) throw new Error(`a blob of the registry ${registryId}, which is not there`);
  return { ...row, registryId };
}
