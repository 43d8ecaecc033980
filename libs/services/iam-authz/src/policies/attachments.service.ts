import { conflict, notFound } from '@entrepot/platform-http';
import type { Database } from '@entrepot/platform-persistence';
import type { IamChanges } from '../accounts/iam-changes.service.js';
import { findUser, lockUser } from '../users/user.store.js';
import { noUser } from '../users/users.service.js';
import { needPolicy } from './policies.service.js';
import { policiesOfUser, type PolicyRow } from './policy.store.js';
import { type Asker, refuseUnlessRoot } from '../users/refuse-unless-root.js';

/** Bounds the cost of a decision, with the limits of a document. */
export const MAX_POLICIES_PER_USER = 20;

/** Which policies a user has. */
export class AttachmentsService {
  constructor(
    private readonly database: Database,
    private readonly changes: IamChanges,
  ) {}

  /** Throws a 404. */
  async list(accountId: string, userId: string): Promise<PolicyRow[]> {
    if (!(await findUser(this.database, accountId, userId))) throw noUser();
    return policiesOfUser(this.database, userId);
  }

  /** Attaching what is attached changes nothing. Throws a 404, a 403 for root, or a 409 when the user has too many. */
  async attach({ accountId, name: asker }: Asker, userId: string, policyId: string): Promise<void> {
    await this.changes.change(accountId, async (tx) => {
      const user = await lockUser(tx, accountId, userId);
      if (!user) throw noUser();
      refuseUnlessRoot(user.name, asker);
      await needPolicy(tx, accountId, policyId);
      await tx.query('INSERT INTO policy_attachment (user_id, policy_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        userId,
        policyId,
      ]);
      const [row] = await tx.query<{ count: string }>('SELECT count(*) FROM policy_attachment WHERE user_id = $1', [
        userId,
      ]);
      if (Number(row?.count) > MAX_POLICIES_PER_USER)
        throw conflict(`A user may have ${MAX_POLICIES_PER_USER} policies.`);
    });
  }

  /** Throws a 404 when the user doesn't have it, a 403 for root. */
  async detach({ accountId, name: asker }: Asker, userId: string, policyId: string): Promise<void> {
    await this.changes.change(accountId, async (tx) => {
      const user = await lockUser(tx, accountId, userId);
      if (!user) throw noUser();
      refuseUnlessRoot(user.name, asker);
      await needPolicy(tx, accountId, policyId);
      const gone = await tx.query(
        'DELETE FROM policy_attachment WHERE user_id = $1 AND policy_id = $2 RETURNING policy_id',
        [userId, policyId],
      );
      if (gone.length === 0) throw notFound('The user does not have this policy.');
    });
  }
}
