/**
 * Postgres settings of the look-ups' own connections. With small tables, or old statistics, the planner may prefer to read a table whole,
 * and a prepared statement keeps that plan while the table grows; here only index look-ups are left to choose from, planned once.
 */
export const LOOKUP_SETTINGS: Readonly<Record<string, string>> = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
};
