export { AskedTooLongAgo, askedUntil } from './asked-until.js';
export { changesOneOf } from './changed-tables.js';
export type { ChangeOutcome, ChangeWatch } from './change-watch.js';
export { Database } from './database.js';
export type { DatabaseOptions } from './database-options.js';
export { type NamedStatement, Transaction } from './transaction.js';
export type { Isolation } from './run-transaction.js';
export {
  CommitOutcomeUnknown,
  DatabaseBusy,
  DatabaseUnavailable,
  isConflict,
  isUniqueViolation,
  sqlState,
  translateDatabaseError,
} from './database-errors.js';
export { appendFact, type FactContext } from './append-fact.js';
export { type MigrationClass, outboxMigration } from './outbox.migration.js';
export { OUTBOX_CHANNEL } from './outbox-signal.js';
export { inboxMigration } from './inbox.migration.js';
export { claimEvent, forgetEvents, handleOnce } from './inbox.js';
export {
  afterKey,
  decodeCursor,
  encodeCursor,
  InvalidCursor,
  type KeysetPage,
  type KeyValue,
  toKeysetPage,
} from './keyset-page.js';
export { type PlatformLogger, silentLogger } from './platform-logger.js';
export { SoleReplica, type SoleReplicaOptions } from './sole-replica.js';
export { endStalledHolders } from './stalled-holder.js';
export { uuidV7 } from './uuid-v7.js';
