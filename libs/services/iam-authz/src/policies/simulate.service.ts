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
      return explain(compilePolicies(policies), { action, resource, context });
    } catch (error) {
      if (error instanceof SrnInvalid) throw badRequest(error.message);
      throw error;
    }
  }
}
