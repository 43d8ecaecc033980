import { badRequest, conflict, notFound } from '@entrepot/platform-http';
import { isUniqueViolation, uuidV7, type Database, type Transaction } from '@entrepot/platform-persistence';
import { BUILT_IN_POLICIES, parsePolicyDocument, PolicyDocumentInvalid, type PolicyDocument } from '@entrepot/policy';
import type { IamChanges } from '../accounts/iam-changes.service.js';
import type { Clock } from '../clock.js';
import { findPolicy, listPolicies, type PolicyRow } from './policy.store.js';

/** What a policy's owner may write. */
export interface PolicyText {
  name: string;
  description: string;
  document: Record<string, unknown>;
}

/** Policies of an account, and the system's, which are the same for all and can't be changed. */
export class PoliciesService {
  constructor(
    private readonly database: Database,
    private readonly changes: IamChanges,
    private readonly clock: Clock,
  ) {}

  /** Throws a 400 that says where the document is wrong, or a 409 when the name is taken. */
  async create(accountId: string, { name, description, document }: PolicyText): Promise<PolicyRow> {
    const parsed = readDocument(document);
    if (BUILT_IN_POLICIES.some((policy) => policy.name === name)) throw nameTaken(name);
    const policyId = uuidV7(this.clock());
    return this.#saved(name, () =>
      this.changes.change(accountId, async (tx) => {
        await tx.query(
          `INSERT INTO policy (policy_id, account_id, name, description, type, document) VALUES ($1, $2, $3, $4, 'USER_DEFINED', $5)`,
          [policyId, accountId, name, description, JSON.stringify(parsed)],
        );
        return needPolicy(tx, accountId, policyId);
      }),
    );
  }

  list(accountId: string, after: string, limit: number): Promise<PolicyRow[]> {
    return listPolicies(this.database, accountId, after, limit);
  }

  /** Throws a 404. */
  show(accountId: string, policyId: string): Promise<PolicyRow> {
    return needPolicy(this.database, accountId, policyId);
  }

  /** Replaces the policy; felt within a second. Throws a 400, a 404, or a 409 for a system policy or a taken name. */
  async update(accountId: string, policyId: string, { name, description, document }: PolicyText): Promise<PolicyRow> {
    const parsed = readDocument(document);
    if (BUILT_IN_POLICIES.some((policy) => policy.name === name && policy.id !== policyId)) throw nameTaken(name);
    return this.#saved(name, () =>
      this.changes.change(accountId, async (tx) => {
        ownedOnly(await needPolicy(tx, accountId, policyId));
        await tx.query(
          'UPDATE policy SET name = $3, description = $4, document = $5, modified_at = now() WHERE account_id = $1 AND policy_id = $2',
          [accountId, policyId, name, description, JSON.stringify(parsed)],
        );
        return needPolicy(tx, accountId, policyId);
      }),
    );
  }

  /** Throws a 404, or a 409 for a system policy or one that is attached. */
  async delete(accountId: string, policyId: string): Promise<void> {
    await this.changes.change(accountId, async (tx) => {
      ownedOnly(await needPolicy(tx, accountId, policyId));
      // The lock keeps others from attaching it meanwhile.
      await tx.query('SELECT FROM policy WHERE policy_id = $1 FOR UPDATE', [policyId]);
      const [attached] = await tx.query('SELECT 1 FROM policy_attachment WHERE policy_id = $1 LIMIT 1', [policyId]);
      if (attached) throw conflict('The policy is attached to a user: detach it first.');
      await tx.query('DELETE FROM policy WHERE policy_id = $1', [policyId]);
    });
  }

  async #saved(name: string, save: () => Promise<PolicyRow>): Promise<PolicyRow> {
    try {
      return await save();
    } catch (error) {
      if (isUniqueViolation(error, 'policy_name')) throw nameTaken(name);
      throw error;
    }
  }
}

/** Reads a document that somebody wants to save or try. Throws a 400 that says where it is wrong. */
export function readDocument(document: unknown): PolicyDocument {
  try {
    return parsePolicyDocument(document);
  } catch (error) {
    if (!(error instanceof PolicyDocumentInvalid)) throw error;
    const pointer = `#/document${error.path === '' ? '' : `/${error.path.replaceAll(/\[(\d+)\]/g, '/$1').replaceAll('.', '/')}`}`;
    throw badRequest(error.message, {
      title: 'Invalid policy document',
      errors: [{ detail: error.sentence, pointer }],
    });
  }
}

/** Throws a 404. */
export async function needPolicy(db: Database | Transaction, accountId: string, policyId: string): Promise<PolicyRow> {
  const policy = await findPolicy(db, accountId, policyId);
  if (!policy) throw notFound('There is no such policy in this account.');
  return policy;
}

function ownedOnly({ type }: PolicyRow): void {
  if (type === 'SYSTEM_MANAGED') throw conflict('A system policy cannot be changed: copy it to one of your own.');
}

function nameTaken(name: string) {
  return conflict(`There is a policy ${JSON.stringify(name)} already.`);
}
