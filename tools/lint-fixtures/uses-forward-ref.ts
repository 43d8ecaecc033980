// place: libs/services/catalog/src/lint-fixture-forward-ref.ts
// breaks: no-restricted-imports
export { forwardRef } from '@nestjs/common';
