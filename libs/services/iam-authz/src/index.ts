export { IamAuthzModule, type IamAuthzOptions } from './iam-authz.module.js';
export { IamConfig } from './iam-authz.config.js';
export { IAM_SCHEMA, iamSchema } from './schema.js';
export { DEFAULT_ACCOUNT } from './accounts/default-account.js';
export { renewIncarnationOf } from './accounts/renew-incarnation.command.js';
export type { IamLogger } from './ports.js';
