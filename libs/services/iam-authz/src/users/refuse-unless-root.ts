import { forbidden } from '@entrepot/platform-http';
import { ROOT_USER } from '../accounts/default-account.js';

/** Who asks for a change of users or keys: a user of the account. */
export interface Asker {
  accountId: string;
  name: string;
}

/**
 * Whoever may manage users and keys could else make itself a key of root, or lock root out. Throws a 403 when the owner is root and who asks
 * is not; both are names of users of one account.
 */
export function refuseUnlessRoot(owner: string, asker: string): void {
  if (owner !== ROOT_USER || asker === ROOT_USER) return;
  throw forbidden('Only root may change the access keys and the policies of root.', { code: 'DENIED' });
}
