import { CreateScans1763800000000 } from './migrations/1763800000000-create-scans.js';

/** The Postgres schema that only this service reads. */
export const SCANNER_SCHEMA = 'scanner_orchestrator';

/** What `Database.open` needs to know of this service. Rows are read by statements, so there are no entities. */
export const scannerSchema = {
  schema: SCANNER_SCHEMA,
  entities: [] as Function[],
  migrations: [CreateScans1763800000000],
};
