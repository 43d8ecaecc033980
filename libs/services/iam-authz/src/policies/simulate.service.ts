import { badRequest } from '@entrepot/platform-http';
import {
  compilePolicies,
  explain,
  SrnInvalid,
  type Action,
  type AttachedPolicy,
  type Decision,
} from '@entrepot/policy';
import type { Clock } from '../clock.js';
import type { UsersService } from '../users/users.service.js';
import type { AttachmentsService } from './attachments.service.js';
import { readDocument } from './policies.service.js';

/** "What if?": a user's policies, a policy to try, or both. */
export interface Simulation {
  userId: string | null;
  document: Record<string, unknown> | null;
  action: Action;
  resource: string;
  sourceIp: string | null;
}

/** Decides as the real thing would, with the same evaluator, and says of every statement why. */
export class SimulateService {
  constructor(
    private readonly users: UsersService,
    private readonly attachments: AttachmentsService,
    private readonly clock: Clock,
  ) {}

  /** Throws a 400 for a wrong document or resource, a 404 for an unknown user. */
  async simulate(accountId: string, { userId, document, action, resource, sourceIp }: Simulation): Promise<Decision> {
    const user = userId === null ? null : await this.users.show(accountId, userId);
    const attached = user ? await this.attachments.list(accountId, user.userId) : [];
    const policies: AttachedPolicy[] = attached.map(({ policyId, name, document }) => ({
      id: policyId,
      name,
      document,
    }));
    if (document) policies.push({ id: 'tried', name: '(tried)', document: readDocument(document) });
    const principal = { id: user?.userId ?? 'simulated', name: user?.name ?? 'simulated' };
    const context = { sourceIp, now: this.clock(), principal, secureTransport: true };
    try {
      const decision = explain(compilePolicies(policies), { action, resource, context });
      return isForeign(resource, accountId) ? notAllowed(decision) : decision;
    } catch (error) {
      if (error instanceof SrnInvalid) throw badRequest(error.message);
      throw error;
    }
  }
}

const ACCOUNT_FIELD = 3;

/** Policies speak for their own account: what they say of another's resources grants nothing there. The SRN has been read before. */
function isForeign(resource: string, accountId: string): boolean {
  const account = resource.split(':')[ACCOUNT_FIELD];
  return account !== '' && account !== accountId;
}

function notAllowed(decision: Decision): Decision {
  return decision.allowed
    ? { ...decision, allowed: false, reason: 'no-allow', policy: null, statement: null }
    : decision;
}
