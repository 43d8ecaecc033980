import { outboxMigration } from '@entrepot/platform-persistence';
import { CreateIam1763683300000 } from './migrations/1763683300000-create-iam.js';
import { DisableAccounts1763900000000 } from './migrations/1763900000000-disable-accounts.js';

/** The Postgres schema that only this service reads. */
export const IAM_SCHEMA = 'iam_authz';

/** What `Database.open` needs to know of this service. Rows are read by statements, so there are no entities. */
export const iamSchema = {
  schema: IAM_SCHEMA,
  entities: [] as Function[],
  migrations: [outboxMigration(IAM_SCHEMA), CreateIam1763683300000, DisableAccounts1763900000000],
};
