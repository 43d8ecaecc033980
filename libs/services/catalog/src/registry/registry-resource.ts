import type { ResourceOf } from '@entrepot/access';
import { registrySrn, repositorySrn } from '@entrepot/policy';
import { isId } from './is-id.js';

/** Nothing has this id, so only a policy that covers everything of its kind matches it. */
const NOWHERE = '-';

// Ids are taken for the principal's own account, without asking whether they exist there: one of another account, an absent one and one that
// the principal may not see get the same refusal. Who is let in then finds, or not, what is in the own account.

/** The registry in the path, of the principal's own account. */
export const registryInPath: ResourceOf = ({ params }, { accountId }) =>
  registrySrn({ accountId, registryId: idOf(params, 'registryId') });

/** The repository in the path, of the principal's own account. */
export const repositoryInPath: ResourceOf = ({ params }, { accountId }) =>
  repositorySrn({
    accountId,
    registryId: idOf(params, 'registryId'),
    repositoryId: idOf(params, 'repositoryId'),
  });

function idOf(params: unknown, name: string): string {
  const id = (params as Record<string, string | undefined>)[name] ?? '';
  return isId(id) ? id : NOWHERE;
}
