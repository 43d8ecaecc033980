import { CATALOG_VERBS } from './catalog-verbs.js';
import { IAM_VERBS } from './iam-verbs.js';
import type { RestVerb } from './rest-verb.js';

/** Every verb of the management API. */
export const REST_VERBS: readonly RestVerb[] = [...IAM_VERBS, ...CATALOG_VERBS];
