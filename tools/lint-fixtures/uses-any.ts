// place: libs/services/catalog/src/lint-fixture-any.ts
// breaks: @typescript-eslint/no-explicit-any
export const anything: any = null;
