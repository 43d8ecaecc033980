import { blobCases } from './blobs.mjs';
import { listCases } from './lists.mjs';
import { manifestCases } from './manifests.mjs';
import { memoryCases } from './memory.mjs';
import { pushCases } from './pushes.mjs';

/**
 * What is measured, in the order of the table. A case has `id`, `title`, `unit`, `better` ('more' or 'less'), `needs` (parts of the
 * content, see fill.mjs), perhaps `ready(subject)`, which isn't timed, and `run(subject)`, which answers
 * { value, …detail } or { unsupported: why }, and throws when an answer was wrong. A subject is one candidate that runs, see subject.mjs.
 */
export const casesFor = (size) => [
  ...manifestCases(size),
  ...pushCases(size),
  ...blobCases(size),
  ...listCases(size),
  ...memoryCases(),
];
