import { makeContent } from '../content/content.mjs';
import { findWrk } from '../load/wrk.mjs';
import { machineFacts } from '../machine.mjs';
import { runRounds, summary } from '../run.mjs';
import { prepareScaleSubject, scaleCandidates } from './subjects.mjs';

/** Measures the cases on both suites, in turns. The answer has the shape of `measure`'s. */
export async function measureScale({ size, smoke, cases }) {
  const machine = machineFacts();
  const startedAt = new Date().toISOString();
  const wrk = await findWrk();
  // The loader brings the images; referrers and other blobs are not asked for.
  const content = makeContent({ ...size, images: 0, referrers: 0, blobs: 0, largeBlobBytes: 0 });
  const subjects = [];
  for (const candidate of scaleCandidates(size)) {
    subjects.push(await prepareScaleSubject(candidate, { content, cases, size, wrk }));
  }
  const measurements = await runRounds({ size, cases, running: subjects });
  return { startedAt, machine, size, smoke, ...summary(cases, subjects, measurements) };
}
