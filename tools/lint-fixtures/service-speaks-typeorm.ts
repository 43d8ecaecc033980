// place: libs/services/catalog/src/lint-fixture-typeorm.service.ts
// breaks: no-restricted-imports
export { DataSource } from 'typeorm';
