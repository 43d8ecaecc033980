// What is wanted of the suite, with authentication on and fsync on, beside peers without authentication in the same run.
import { timesBetter, timesBetterByRound } from './numbers.mjs';

const MANIFEST = 'manifest-get-tag-images-32';

/** `issue`: which of the project's issues asks for it. A target with an `ofCase` compares a candidate with itself in another case. */
const TARGETS = [
  { issue: 3, case: MANIFEST, candidate: 'standalone', peer: 'distribution-3', factor: 2 },
  { issue: 3, case: MANIFEST, candidate: 'standalone', peer: 'zot', factor: 1 },
  { issue: 3, case: MANIFEST, candidate: 'services', peer: 'distribution-3', factor: 1 },
  { issue: 3, case: 'blob-push-large', candidate: 'standalone', peer: 'zot', factor: 0.8 },
  { issue: 3, case: 'blob-get-large', candidate: 'standalone', peer: 'zot', factor: 0.6 },
  // One image with many tags must be as fast as many images. A tenth is within what two runs differ by.
  {
    issue: 3,
    case: 'manifest-get-tag-tags-32',
    candidate: 'standalone',
    peer: 'standalone',
    ofCase: MANIFEST,
    factor: 0.9,
  },
  { issue: 4, case: 'blob-push-large', candidate: 'standalone', peer: 'zot', factor: 1 },
  { issue: 4, case: 'blob-push-large', candidate: 'standalone-encrypted', peer: 'zot', factor: 0.7 },
  { issue: 4, case: 'image-push', candidate: 'standalone', peer: 'zot', factor: 1 },
  { issue: 4, case: 'image-pull', candidate: 'standalone', peer: 'zot', factor: 1 },
  { issue: 4, case: 'blob-get-large-parallel', candidate: 'standalone', peer: 'zot', factor: 0.9 },
  { issue: 4, case: MANIFEST, candidate: 'standalone', peer: 'zot', factor: 1.2 },
  { issue: 4, case: MANIFEST, candidate: 'services', peer: 'zot', factor: 0.6 },
];

/** With the large catalog as fast as with the small one, within 15 %: of the small one's speed, or of its time. */
const SCALE_FACTOR = 0.85;

/** Each target with what was reached: { …target, reached, rounds, met }: the ratio of the medians, and the rounds' ratios; null where not measured. */
export function targetsOf({ medians, measurements, cases }) {
  return TARGETS.map((target) => {
    const values = medians[target.case] ?? {};
    const { better = 'more' } = cases.find(({ id }) => id === target.case) ?? {};
    const theirs = target.ofCase ? medians[target.ofCase] : values;
    const reached = ratio(better, values[target.candidate], theirs?.[target.peer]);
    const rounds = target.ofCase
      ? []
      : timesBetterByRound({ id: target.case, better }, measurements, target.candidate, target.peer);
    return verdict({ ...target, reached, rounds });
  });
}

/** The targets of `--scale`: one per case. */
export function scaleTargetsOf({ medians, measurements, cases }) {
  return cases.map((each) => {
    const { large, small } = medians[each.id];
    const rounds = timesBetterByRound(each, measurements, 'large', 'small');
    const reached = ratio(each.better, large, small);
    return verdict({
      issue: 4,
      case: each.id,
      candidate: 'large',
      peer: 'small',
      factor: SCALE_FACTOR,
      reached,
      rounds,
    });
  });
}

const verdict = (target) => ({
  ...target,
  rounds: target.rounds.map((each) => Number(each.toFixed(3))),
  met: target.reached === null ? null : target.reached >= target.factor,
});

function ratio(better, ours, theirs) {
  const times = timesBetter(better, ours, theirs);
  return times === null ? null : Number(times.toFixed(3));
}
