// place: libs/oci/src/lint-fixture-kernel.ts
// breaks: @nx/enforce-module-boundaries
export * from '@entrepot/platform-config';
