// What is wanted of the suite, with authentication on and fsync on, beside peers without authentication in the same run.
const MANIFEST = 'manifest-get-tag-images-32';

const TARGETS = [
  { case: MANIFEST, candidate: 'standalone', peer: 'distribution-3', factor: 2 },
  { case: MANIFEST, candidate: 'standalone', peer: 'zot', factor: 1 },
  { case: MANIFEST, candidate: 'services', peer: 'distribution-3', factor: 1 },
  { case: 'blob-push-large', candidate: 'standalone', peer: 'zot', factor: 0.8 },
  { case: 'blob-get-large', candidate: 'standalone', peer: 'zot', factor: 0.6 },
];

/** Each target with what was reached: { …target, reached, met }; both null where one of the two was not measured. */
export function targetsOf(medians) {
  const measured = TARGETS.map((target) => {
    const values = medians[target.case] ?? {};
    const reached = ratio(values[target.candidate], values[target.peer]);
    return { ...target, reached, met: reached === null ? null : reached >= target.factor };
  });
  return [...measured, flatness(medians)];
}

/** One image with many tags must be as fast as many images: the same suite, compared with itself. A tenth is within what two runs differ by. */
function flatness(medians) {
  const own = (id) => medians[id]?.standalone;
  const reached = ratio(own('manifest-get-tag-tags-32'), own(MANIFEST));
  const met = reached === null ? null : reached >= 0.9;
  return {
    case: 'manifest-get-tag-tags-32',
    candidate: 'standalone',
    peer: `itself, ${MANIFEST}`,
    factor: 0.9,
    reached,
    met,
  };
}

const ratio = (ours, theirs) =>
  ours === undefined || theirs === undefined ? null : Number((ours / theirs).toFixed(2));
