/** What an action is checked on: the SRN type that a caller of `evaluate` must pass as the resource. */
export type ResourceType = 'account' | 'container-registry' | 'repository';

/** Every action, with the resource type it is checked on. Creating and listing are checked on the parent, which exists already. */
const CHECKED_ON = {
  ListContainerRegistries: 'account',
  CreateContainerRegistry: 'account',
  ShowContainerRegistry: 'container-registry',
  UpdateContainerRegistry: 'container-registry',
  DeleteContainerRegistry: 'container-registry',
  LoginContainerRegistry: 'container-registry',

  ListRepositories: 'container-registry',
  CreateRepository: 'container-registry',
  ShowRepository: 'repository',
  UpdateRepository: 'repository',
  DeleteRepository: 'repository',

  // The data plane. There is no CreateImage: pushing makes an image.
  PullRepositoryImages: 'repository',
  PushRepositoryImages: 'repository',
  DeleteRepositoryImages: 'repository',

  ListImages: 'repository',
  ShowImage: 'repository',
  UpdateImage: 'repository',
  DeleteImage: 'repository',
  RunImageLifecyclePolicyPreview: 'repository',

  ListTags: 'repository',
  ShowTag: 'repository',
  CreateTag: 'repository',
  UpdateTag: 'repository',
  DeleteTag: 'repository',
  CheckTagsVulnerability: 'repository',

  ListAccounts: 'account',
  ShowAccount: 'account',
  CreateAccount: 'account',
  UpdateAccount: 'account',
  DeleteAccount: 'account',

  ListUsers: 'account',
  ShowUser: 'account',
  CreateUser: 'account',
  UpdateUser: 'account',
  DeleteUser: 'account',

  ListAccessKeys: 'account',
  ShowAccessKey: 'account',
  CreateAccessKey: 'account',
  UpdateAccessKey: 'account',
  DeleteAccessKey: 'account',

  ListPolicies: 'account',
  ShowPolicy: 'account',
  CreatePolicy: 'account',
  UpdatePolicy: 'account',
  DeletePolicy: 'account',
  AttachPolicy: 'account',
  DetachPolicy: 'account',
  SimulatePolicy: 'account',

  // Of the installation's operator: only the default account's principals get to use them.
  ShowMasterKeys: 'account',
  RotateMasterKey: 'account',
} as const satisfies Record<string, ResourceType>;

type ActionName = keyof typeof CHECKED_ON;

/** An action as policies write it: `scr:PullRepositoryImages`. */
export type Action = `scr:${ActionName}`;

/** Every action by its bare name: `ACTIONS.PullRepositoryImages === 'scr:PullRepositoryImages'`. */
export const ACTIONS = Object.freeze(
  Object.fromEntries(Object.keys(CHECKED_ON).map((name) => [name, `scr:${name}`])),
) as { readonly [Name in ActionName]: `scr:${Name}` };

/** Every action, in the order of the table above. */
export const ALL_ACTIONS: readonly Action[] = Object.freeze(Object.values(ACTIONS));

const KNOWN: ReadonlySet<string> = new Set(ALL_ACTIONS);

/** Whether a string from outside is one of our actions, in exactly our spelling. */
export function isAction(value: string): value is Action {
  return KNOWN.has(value);
}

/** The resource type an action is checked on. */
export function resourceTypeOf(action: Action): ResourceType {
  return CHECKED_ON[action.slice('scr:'.length) as ActionName];
}
