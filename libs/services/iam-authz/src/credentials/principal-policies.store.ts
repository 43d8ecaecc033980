import type { PrincipalPolicies } from '@entrepot/contracts';
import type { Database } from '@entrepot/platform-persistence';

type Row = Omit<PrincipalPolicies, 'epoch'> & { epoch: string };

// One statement, one snapshot: the policies are those of exactly this epoch.
const TEXT = `SELECT $1 AS "principalId", coalesce(u.name, '') AS name, coalesce(k.account_id, '') AS "accountId",
    coalesce(k.enabled AND (k.expires_at IS NULL OR k.expires_at > now()) AND a.disabled_at IS NULL, false) AS enabled,
    i.incarnation, coalesce(e.epoch, 0) AS epoch,
    coalesce((
      SELECT json_agg(json_build_object('id', p.policy_id, 'name', p.name, 'document', p.document) ORDER BY p.name)
      FROM policy_attachment a JOIN policy p USING (policy_id) WHERE a.user_id = k.user_id
    ), '[]') AS policies
  FROM installation i
  LEFT JOIN access_key k ON k.key_id = $1
  LEFT JOIN iam_user u ON u.user_id = k.user_id
  LEFT JOIN account a ON a.account_id = k.account_id
  LEFT JOIN account_epoch e ON e.account_id = k.account_id`;

/** What a principal may do, with the epoch at which it was read. An unknown one: not enabled, no account, no policies. */
export async function readPrincipalPolicies(database: Database, principalId: string): Promise<PrincipalPolicies> {
  const [row] = await database.ask<Row>({ name: 'iam-principal-policies', text: TEXT, values: [principalId] });
  if (!row) throw new Error('the installation has no row');
  return { ...row, epoch: Number(row.epoch) };
}
