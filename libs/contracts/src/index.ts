export { ContractViolation } from './core/contract-violation.js';
export { allSchemas, type JsonSchema, type MessageClass } from './core/schema.js';
export {
  type Announcement,
  type AskAgain,
  declaredContracts,
  defineAnnouncement,
  defineFact,
  defineQuestion,
  type Fact,
  factSubject,
  type Question,
} from './core/contract.js';
export { Nullable } from './core/nullable.js';
export * from './catalog/scope.js';
export * from './catalog/lookup.js';
export * from './catalog/manifests.js';
export * from './catalog/uploads.js';
export * from './catalog/repositories.js';
export * from './catalog/installation.js';
export * from './catalog/registry-keys.js';
export * from './catalog/damage.js';
export * from './catalog/activity.js';
export * from './iam/principals.js';
export * from './http/exchange.js';
export * from './events/data.js';
export * from './events/facts.js';
export { asyncApiDocument } from './docs/async-api.js';
export { eventsReference } from './docs/events-page.js';
