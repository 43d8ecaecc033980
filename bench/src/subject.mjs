// One candidate that runs and holds the content: what the cases measure.
import { fill } from './content/fill.mjs';
import { verify } from './content/verify.mjs';
import { RegistryClient } from './client/registry-client.mjs';
import { settled } from './processes/settled.mjs';
import { memoryOf } from './processes/tree.mjs';
import { say } from '../../tools/progress.mjs';

const CONNECTIONS = 64;

/**
 * Starts a candidate, pushes the parts of the content that are needed and proves the answers. Answers { candidate, missing } where it is not
 * to be had here, else { candidate, server, base, client, content, size, wrk, preparation }.
 */
export async function prepareSubject(candidate, { content, cases, size, wrk, profileFolder }) {
  say(`${candidate.title}: starting`);
  const { server, credentials, setLimits, missing } = await candidate.start({ profileFolder });
  if (missing) return { candidate, missing };
  const client = new RegistryClient({ base: server.base, credentials, connections: CONNECTIONS });
  const memoryAtStart = memoryOf(server.pid);
  say(`${candidate.title}: pushing the content`);
  const start = performance.now();
  await setLimits?.({ tags: tagsNeeded(size) });
  const needs = needsOf(cases.filter(({ id }) => takes(candidate, id)));
  const { tagPutMs } = await fill(client, content, { needs, size });
  const seconds = (performance.now() - start) / 1_000;
  const settleSeconds = await settled(server.pid, 3 * size.settleMs);
  await verify(client, content, needs);
  const preparation = { seconds, settleSeconds, memoryAtStart, tagPutMs: everyTenth(tagPutMs) };
  return { candidate, server, base: server.base, client, content, size, wrk, preparation };
}

/** Whether the candidate takes part in the case. */
export const takes = (candidate, id) => candidate.takes?.(id) ?? true;

/** The parts of the content that the cases need. */
export const needsOf = (cases) => new Set(cases.flatMap((each) => each.needs));

/** What one image holds at the end of all rounds, at most. */
export const tagsNeeded = ({ tags, puts, rounds, imagesPerClient }) => tags + rounds * (puts + imagesPerClient);

// The curve of 3,000 values is as clear with 300.
const everyTenth = (numbers) => numbers.filter((_, index) => index % 10 === 9).map((ms) => Number(ms.toFixed(2)));
