import { blobCases } from './blobs.mjs';
import { imageCases } from './images.mjs';
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
  ...imageCases(size),
  ...listCases(size),
  ...memoryCases(),
];

/** `--scale`: those whose speed might depend on how much the catalog holds. */
export const scaleCasesFor = (size) =>
  [...manifestCases(size), ...pushCases(size), ...imageCases(size), ...listCases(size)].filter(({ id }) =>
    SCALE_IDS.test(id),
  );

const SCALE_IDS = /^(manifest-(get|head)-.*-images-|manifest-put-|image-|tags-page)/;
