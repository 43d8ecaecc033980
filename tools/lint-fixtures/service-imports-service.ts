// place: libs/services/catalog/src/lint-fixture-service.ts
// breaks: @nx/enforce-module-boundaries
export * from '@entrepot/iam-authz';
