// A run: all candidates stand side by side, and take turns case by case, round by round, so that whatever else the machine does meets all of
// them alike.
import { join } from 'node:path';
import { say } from '../../tools/progress.mjs';
import { makeContent } from './content/content.mjs';
import { findWrk } from './load/wrk.mjs';
import { machineFacts } from './machine.mjs';
import { median, rounded, spreadOf } from './stats.mjs';
import { settled } from './processes/settled.mjs';
import { cpuOf, cpuOfMachine } from './processes/tree.mjs';
import { prepareSubject, takes } from './subject.mjs';

/**
 * Measures the cases on the candidates. `profileFolder`: where our own processes write their CPU profiles, one folder per candidate, or undefined.
 * Answers { startedAt, machine, size, smoke, candidates, medians, spreads, measurements }: every single measurement, and the medians and the spread by
 * case and candidate.
 */
export async function measure({ size, smoke, cases, candidates, profileFolder }) {
  const machine = machineFacts();
  const startedAt = new Date().toISOString();
  const wrk = await findWrk();
  if (wrk.missing) say(`${wrk.missing}: GET loads come from the slower generator in Node`);
  const shared = { content: makeContent(size), cases, size, wrk };
  const subjects = [];
  for (const candidate of candidates) {
    const own = profileFolder && join(profileFolder, candidate.id);
    subjects.push(await prepareSubject(candidate, { ...shared, profileFolder: own }));
  }
  for (const { candidate, missing } of subjects) if (missing) say(`${candidate.title} is not measured: ${missing}`);
  const measurements = await runRounds({ size, cases, running: subjects.filter(({ missing }) => !missing) });
  return { startedAt, machine, size, smoke, ...summary(cases, subjects, measurements) };
}

/** All rounds of all cases on the subjects that run; answers every single measurement. */
export async function runRounds({ size, cases, running }) {
  const measurements = [];
  for (let round = 1; round <= size.rounds; round += 1) {
    say(`round ${round} of ${size.rounds}`);
    for (const [index, each] of cases.entries()) {
      // Another one begins each time, so that nobody always runs after the same neighbour.
      const part = running.filter(({ candidate }) => takes(candidate, each.id));
      const turn = (round + index) % part.length;
      for (const subject of [...part.slice(turn), ...part.slice(0, turn)]) {
        measurements.push(await runCase(each, subject, round));
      }
    }
  }
  for (const { client } of running) client.close();
  return measurements;
}

async function runCase(each, subject, round) {
  const { candidate, server } = subject;
  const ended = server.hasEnded();
  if (ended) throw new Error(`${candidate.title}: ${ended}`);
  try {
    await each.ready?.(subject);
    await settled(server.pid, subject.size.settleMs);
    const before = { from: now(), cpu: cpuOf(server.pid), machine: cpuOfMachine() };
    const result = await each.run({ ...subject, round });
    return { case: each.id, candidate: candidate.id, round, ...result, ...usage(before, server.pid) };
  } catch (error) {
    throw new Error(`${candidate.title}, ${each.title}: ${error.message}`, { cause: error });
  }
}

/**
 * When it was, and who used the CPU meanwhile, in seconds: the candidate by kind of program, and everybody on the machine (the candidate, the load
 * and whatever shouldn't have been running).
 */
function usage(before, pid) {
  const cpu = Object.entries(cpuOf(pid)).map(([kind, seconds]) => [kind, seconds - (before.cpu[kind] ?? 0)]);
  const rounded = Object.fromEntries(cpu.map(([kind, seconds]) => [kind, Number(seconds.toFixed(2))]));
  return {
    from: before.from,
    to: now(),
    cpu: rounded,
    machineCpu: Number((cpuOfMachine() - before.machine).toFixed(2)),
  };
}

/** Microseconds of the monotonic clock: the same in every process, profiles included. */
const now = () => Number(process.hrtime.bigint() / 1_000n);

/** { candidates, medians, spreads, measurements }; a spread is { least, most }. */
export function summary(cases, subjects, measurements) {
  const candidates = subjects.map(({ candidate, missing, preparation }) => {
    const { id, title, notes } = candidate;
    return { id, title, notes, ...(missing ? { missing } : { preparation }) };
  });
  const medians = {};
  const spreads = {};
  for (const { id } of cases) {
    medians[id] = {};
    spreads[id] = {};
    for (const { candidate } of subjects) {
      const values = valuesOf(measurements, id, candidate.id);
      if (values.length === 0) continue;
      medians[id][candidate.id] = rounded(median(values));
      spreads[id][candidate.id] = spreadOf(values);
    }
  }
  return { candidates, medians, spreads, measurements };
}

function valuesOf(measurements, id, candidate) {
  const own = measurements.filter((each) => each.case === id && each.candidate === candidate);
  return own.map(({ value }) => value).filter((value) => value !== undefined);
}
