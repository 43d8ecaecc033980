// place: libs/services/catalog/src/lint-fixture-nats.ts
// breaks: no-restricted-imports
export { connect } from '@nats-io/transport-node';
