// The command line of `npm run bench`, and the two sizes that it comes in.
import { parseArgs } from 'node:util';

export const HELP = `npm run bench -- [options]

Measures this suite beside other registries on this machine: everything listens on loopback, all candidates take turns within one run.

  --smoke               everything small, under a minute: proves that the cases run and that the answers are right, says nothing about speed
  --scale               two standalone suites, one with 1,000 images and tags, one with 200,000 images and 1,000,000 tags; about 10 minutes.
                        With --smoke 1,000 images and 5,000 tags, half a minute
  --scale-images n      images in the full one of the two (200000), with 5 tags each
  --candidates a,b      only these: standalone, standalone-encrypted, services, distribution-3, zot, docker-registry-2.8
  --only text,text      only the cases whose id contains one of these
  --rounds n            rounds over all cases (5, or 7 with --scale); medians and spreads are reported
  --seconds n           how long each load lasts (1, and 3 where a target depends on it; 3 with --scale)
  --minutes n           the whole run gives up after this long (90)
  --out folder          where the JSON goes (bench/results for a complete run, .entrepot/bench otherwise)
  --profile             writes CPU profiles of our own processes to .entrepot/bench/profile, and prints where the time of each case went
  --list                prints the ids of the cases
  --help

ENTREPOT_BENCH_CACHE    where the peers and the load generator are kept (~/.cache/entrepot-bench)
`;

/** What a measurement consists of. `connections` are tried one after the other. */
const FULL = {
  images: 2_000,
  tags: 3_000,
  referrers: 50,
  connections: [1, 32, 128],
  seconds: 1,
  targetSeconds: 3,
  blobBytes: 1_000_000,
  blobs: 100,
  pushers: 8,
  parallelGets: 4,
  clients: 8,
  imagesPerClient: 8,
  largeBlobBytes: 512 * 1024 * 1024,
  puts: 20,
  settleMs: 20_000,
  rounds: 5,
};

const SMOKE = {
  images: 20,
  tags: 30,
  referrers: 3,
  connections: [8],
  seconds: 0.2,
  targetSeconds: 0.2,
  blobBytes: 1_000_000,
  blobs: 8,
  pushers: 4,
  parallelGets: 4,
  clients: 2,
  imagesPerClient: 2,
  largeBlobBytes: 8 * 1024 * 1024,
  puts: 3,
  settleMs: 600,
  rounds: 1,
};

/** `--scale`: `images` are asked for, of `bulk.images` with `bulk.tagsPerImage` tags each in the suite that holds more. */
const SCALE = {
  ...FULL,
  images: 1_000,
  tags: 100,
  connections: [32],
  seconds: 3,
  puts: 40,
  bulk: { images: 200_000, tagsPerImage: 5 },
  rounds: 7,
};

const SCALE_SMOKE = { ...SMOKE, images: 100, tags: 25, bulk: { images: 1_000, tagsPerImage: 5 } };

/** Parses the command line; throws a sentence about what is wrong with it. */
export function optionsFrom(args) {
  const { values } = parseArgs({
    args,
    options: {
      smoke: { type: 'boolean', default: false },
      scale: { type: 'boolean', default: false },
      'scale-images': { type: 'string' },
      candidates: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      minutes: { type: 'string', default: '90' },
      out: { type: 'string' },
      list: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const size = sizeOf(values);
  if (values.rounds !== undefined) size.rounds = count('--rounds', values.rounds, 100);
  if (values.seconds !== undefined) size.seconds = size.targetSeconds = count('--seconds', values.seconds, 60);
  return {
    size,
    smoke: values.smoke,
    scale: values.scale,
    scaleImages: values['scale-images'],
    list: values.list,
    profile: values.profile,
    help: values.help,
    out: values.out,
    candidates: listOf(values.candidates),
    only: listOf(values.only),
    deadlineMs: count('--minutes', values.minutes, 600) * 60_000,
  };
}

function sizeOf({ smoke, scale, candidates, profile, 'scale-images': images }) {
  if (!scale) {
    if (images !== undefined) throw new Error('--scale-images goes with --scale.');
    return { ...(smoke ? SMOKE : FULL) };
  }
  if (candidates !== undefined || profile) throw new Error('--scale goes without --candidates and --profile.');
  const size = { ...(smoke ? SCALE_SMOKE : SCALE) };
  if (images !== undefined) size.bulk = { ...size.bulk, images: count('--scale-images', images, 1_000_000) };
  if (size.bulk.images < size.images) throw new Error(`--scale-images must be ${size.images} or more.`);
  return size;
}

const listOf = (text) => text?.split(',').filter(Boolean);

function count(name, text, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new Error(`${name} is ${text}, a whole number from 1 to ${most} is needed.`);
}
