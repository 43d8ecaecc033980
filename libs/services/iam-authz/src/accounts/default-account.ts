/** The account that exists from the first start. A bare registry name in a path means one of its registries. */
export const DEFAULT_ACCOUNT = { accountId: '000000000001', name: 'default' } as const;

/** The user that the installation's own key belongs to. */
export const ROOT_USER = 'root';
