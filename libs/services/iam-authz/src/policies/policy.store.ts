import type { PolicyDocument } from '@entrepot/policy';
import type { Statements } from '../statements.js';
import { ID } from '../text-rules.js';

export interface PolicyRow {
  policyId: string;
  /** Null for a system policy: every account has it. */
  accountId: string | null;
  name: string;
  description: string;
  type: 'SYSTEM_MANAGED' | 'USER_DEFINED';
  document: PolicyDocument;
  createdAt: Date;
  modifiedAt: Date;
}

const COLUMNS = `p.policy_id AS "policyId", p.account_id AS "accountId", p.name, p.description, p.type, p.document,
  p.created_at AS "createdAt", p.modified_at AS "modifiedAt"`;

/** A policy that the account can see: its own or a system one. */
export async function findPolicy(db: Statements, accountId: string, policyId: string): Promise<PolicyRow | null> {
  if (!ID.test(policyId)) return null;
  const [row] = await db.query<PolicyRow>(
    `SELECT ${COLUMNS} FROM policy p WHERE p.policy_id = $2 AND (p.account_id = $1 OR p.account_id IS NULL)`,
    [accountId, policyId],
  );
  return row ?? null;
}

/** Policies that the account can see, by name, `limit` at most, after a name. A name stands once among them. */
export function listPolicies(db: Statements, accountId: string, after: string, limit: number): Promise<PolicyRow[]> {
  return db.query(
    `SELECT ${COLUMNS} FROM policy p WHERE (p.account_id = $1 OR p.account_id IS NULL) AND p.name > $2 ORDER BY p.name LIMIT $3`,
    [accountId, after, limit],
  );
}

/** The policies of a user, by name. There are at most `MAX_POLICIES_PER_USER`. */
export function policiesOfUser(db: Statements, userId: string): Promise<PolicyRow[]> {
  return db.query(
    `SELECT ${COLUMNS} FROM policy p JOIN policy_attachment a USING (policy_id) WHERE a.user_id = $1 ORDER BY p.name`,
    [userId],
  );
}
