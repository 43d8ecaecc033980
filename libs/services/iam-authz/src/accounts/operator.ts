import { forbidden } from '@entrepot/platform-http';
import type { Asker } from '../users/refuse-unless-root.js';
import { DEFAULT_ACCOUNT, ROOT_USER } from './default-account.js';

/** The installation's operator: root of account default. No policy makes anybody else one. */
export function isOperator({ accountId, name }: Asker): boolean {
  return accountId === DEFAULT_ACCOUNT.accountId && name === ROOT_USER;
}

/** Throws a 403, in the same words whether the account exists or not. */
export function refuseUnlessOperator(asker: Asker): void {
  if (isOperator(asker)) return;
  throw forbidden('Only root of the account default may create, change and delete accounts.', { code: 'DENIED' });
}
