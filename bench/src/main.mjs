// A run: all candidates stand side by side, and take turns case by case, round by round, so that whatever else the machine does meets all of
// them alike.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../../tools/progress.mjs';
import { root } from '../../tools/root.mjs';
import { CANDIDATES } from './candidates/index.mjs';
import { casesFor } from './cases/index.mjs';
import { makeContent } from './content/content.mjs';
import { findWrk } from './load/wrk.mjs';
import { machineFacts } from './machine.mjs';
import { HELP, optionsFrom } from './options.mjs';
import { writePage } from './report/page.mjs';
import { tableOf } from './report/table.mjs';
import { targetsOf } from './report/targets.mjs';
import { median, rounded } from './stats.mjs';
import { prepareSubject } from './subject.mjs';

/** Runs the benchmark with these arguments; resolves to the exit code. */
export async function main(args) {
  const options = optionsFrom(args);
  if (options.help) return print(HELP);
  const cases = chosen(casesFor(options.size), options.only, (each, text) => each.id.includes(text), 'case');
  if (options.list) return print(cases.map(({ id, title }) => `${id}  ${title}\n`).join(''));
  const candidates = chosen(CANDIDATES, options.candidates, (each, text) => each.id === text, 'candidate').filter(
    (each) => options.candidates || !options.smoke || each.smoke,
  );
  const servers = [];
  const stopAll = async () => void (await Promise.all(servers.splice(0).map((server) => server.stop())));
  const giveUp = async (reason) => {
    say(reason);
    await stopAll();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => giveUp(`stopped by ${signal}`));
  const late = `gave up after ${options.deadlineMs / 60_000} minutes (--minutes)`;
  setTimeout(() => giveUp(late), options.deadlineMs).unref();
  try {
    const result = await measure({ options, cases, candidates, onStart: (server) => servers.push(server) });
    return report(result, options, cases);
  } finally {
    await stopAll();
  }
}

async function measure({ options, cases, candidates, onStart }) {
  const { size } = options;
  const machine = machineFacts();
  const startedAt = new Date().toISOString();
  const wrk = await findWrk();
  if (wrk.missing) say(`${wrk.missing}: GET loads come from the slower generator in Node`);
  const content = makeContent(size);
  const subjects = [];
  for (const candidate of candidates) subjects.push(await prepareSubject(candidate, { content, size, wrk, onStart }));
  for (const { candidate, missing } of subjects) if (missing) say(`${candidate.title} is not measured: ${missing}`);
  const running = subjects.filter((subject) => !subject.missing);
  const measurements = [];
  for (let round = 1; round <= size.rounds; round += 1) {
    say(`round ${round} of ${size.rounds}`);
    await runRound({ cases, running, round, record: (measurement) => measurements.push(measurement) });
  }
  for (const { client } of running) client.close();
  return { startedAt, machine, size, smoke: options.smoke, ...summary(cases, subjects, measurements) };
}

async function runRound({ cases, running, round, record }) {
  for (const [index, each] of cases.entries()) {
    // Another one begins each time, so that nobody always runs after the same neighbour.
    const turn = (round + index) % running.length;
    for (const subject of [...running.slice(turn), ...running.slice(0, turn)]) {
      const ended = subject.server.hasEnded();
      if (ended) throw new Error(`${subject.candidate.title}: ${ended}`);
      const result = await each.run({ ...subject, round }).catch((error) => {
        throw new Error(`${subject.candidate.title}, ${each.title}: ${error.message}`, { cause: error });
      });
      record({ case: each.id, candidate: subject.candidate.id, round, ...result });
    }
  }
}

/** Candidates as the report knows them, the median of every case, and every single measurement. */
function summary(cases, subjects, measurements) {
  const candidates = subjects.map(({ candidate, missing, preparation }) => {
    const { id, title, notes } = candidate;
    return { id, title, notes, ...(missing ? { missing } : { preparation }) };
  });
  const medians = {};
  for (const { id } of cases) {
    medians[id] = {};
    for (const { candidate } of subjects) {
      const own = measurements.filter((each) => each.case === id && each.candidate === candidate.id);
      const values = own.map(({ value }) => value).filter((value) => value !== undefined);
      if (values.length > 0) medians[id][candidate.id] = rounded(median(values));
    }
  }
  return { candidates, medians, measurements };
}

function report(result, options, cases) {
  const described = cases.map(({ id, title, unit, better }) => ({ id, title, unit, better }));
  const complete = !options.smoke && !options.only && !options.candidates;
  const whole = { ...result, cases: described, targets: targetsOf(result.medians) };
  print(`${tableOf(whole)}\n`);
  if (options.smoke)
    return print(`All ${cases.length} cases answered rightly; a short run says nothing about speed.\n`);
  const folder = options.out ?? (complete ? join(root, 'bench', 'results') : join(root, '.entrepot', 'bench'));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${result.startedAt.slice(0, 19).replaceAll(':', '')}-${result.machine.commit}.json`);
  writeFileSync(file, `${JSON.stringify(whole, null, 1)}\n`);
  say(`raw results: ${file}`);
  if (complete && !options.out) writePage(whole, file);
  return 0;
}

function chosen(all, texts, matches, kind) {
  if (!texts) return all;
  for (const text of texts) {
    if (!all.some((each) => matches(each, text)))
      throw new Error(`There is no ${kind} ${text}: see --list and --help.`);
  }
  return all.filter((each) => texts.some((text) => matches(each, text)));
}

function print(text) {
  process.stdout.write(text);
  return 0;
}
