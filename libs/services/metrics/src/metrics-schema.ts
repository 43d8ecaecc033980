import { inboxMigration } from '@entrepot/platform-persistence';
import { CreateMinuteCounts1763800000000 } from './migrations/1763800000000-create-minute-counts.js';

/** The Postgres schema that only this service reads. */
export const METRICS_SCHEMA = 'metrics';

/** What `Database.open` needs to know of this service. Rows are read by statements, so there are no entities. */
export const metricsSchema = {
  schema: METRICS_SCHEMA,
  entities: [] as Function[],
  migrations: [inboxMigration(METRICS_SCHEMA), CreateMinuteCounts1763800000000],
};
