import { accountSrn } from '@entrepot/policy';
import type { ResourceOf } from './decision.decorators.js';

/** The principal's own account: what its users, keys, policies and list of registries are checked on. */
export const ownAccount: ResourceOf = (_request, { accountId }) => accountSrn({ accountId });
