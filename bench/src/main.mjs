// The command: what is asked for, the run, the report, and nothing left behind.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../../tools/progress.mjs';
import { root } from '../../tools/root.mjs';
import { CANDIDATES } from './candidates/index.mjs';
import { casesFor, scaleCasesFor } from './cases/index.mjs';
import { HELP, optionsFrom } from './options.mjs';
import { stopServers } from './processes/server.mjs';
import { summariseProfiles } from './profile/summarise.mjs';
import { writePage } from './report/page.mjs';
import { scaleTableOf, tableOf } from './report/table.mjs';
import { scaleTargetsOf, targetsOf } from './report/targets.mjs';
import { measure } from './run.mjs';
import { measureScale } from './scale/measure-scale.mjs';

/** Results that are not for the repository. */
const scratch = join(root, '.entrepot', 'bench');

/** Runs the benchmark with these arguments; resolves to the exit code. */
export async function main(args) {
  const options = optionsFrom(args);
  const { size, smoke, scale, profile } = options;
  if (options.help) return print(HELP);
  const cases = chosen(
    (scale ? scaleCasesFor : casesFor)(size),
    options.only,
    (each, text) => each.id.includes(text),
    'case',
  );
  if (options.list) return print(cases.map(({ id, title }) => `${id}  ${title}\n`).join(''));
  const candidates = chosen(CANDIDATES, options.candidates, (each, text) => each.id === text, 'candidate').filter(
    (each) => options.candidates || !smoke || each.smoke,
  );
  const profileFolder = profile ? emptied(join(scratch, 'profile')) : undefined;
  giveUpOnSignals(options.deadlineMs);
  try {
    const result = scale
      ? await measureScale({ size, smoke, cases })
      : await measure({ size, smoke, cases, candidates, profileFolder });
    await report(result, options, cases);
    // Profiles are written when a process ends.
    await stopServers();
    if (profile) reportProfiles(result, cases, profileFolder);
    return 0;
  } finally {
    await stopServers();
  }
}

function giveUpOnSignals(deadlineMs) {
  const giveUp = async (reason) => {
    say(reason);
    await stopServers();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => giveUp(`stopped by ${signal}`));
  setTimeout(() => giveUp(`gave up after ${deadlineMs / 60_000} minutes (--minutes)`), deadlineMs).unref();
}

async function report(result, options, cases) {
  const described = cases.map(({ id, title, unit, better }) => ({ id, title, unit, better }));
  const whole = { ...result, cases: described };
  whole.targets = (options.scale ? scaleTargetsOf : targetsOf)(whole);
  const table = (options.scale ? scaleTableOf : tableOf)(whole);
  print(`${table}\n`);
  if (options.smoke) {
    print(`All ${cases.length} cases answered rightly; a short run says nothing about speed.\n`);
    return;
  }
  const complete = !options.only && !options.candidates && !options.profile && !options.scaleImages;
  const folder = options.out ?? (complete ? join(root, 'bench', 'results') : scratch);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, fileName(result, options));
  writeFileSync(file, `${JSON.stringify(whole, null, 1)}\n`);
  say(`raw results: ${file}`);
  if (complete && !options.out) await writePage(options.scale ? 'scale' : 'peers', whole, table, file);
}

const fileName = ({ startedAt, machine }, { scale }) =>
  `${startedAt.slice(0, 19).replaceAll(':', '')}-${machine.commit}${scale ? '-scale' : ''}.json`;

function reportProfiles({ measurements, candidates }, cases, profileFolder) {
  for (const { id } of candidates.filter(({ missing }) => !missing)) {
    const windows = measurements
      .filter(({ candidate }) => candidate === id)
      .map(({ from, to, ...each }) => ({ title: `${id}: ${cases.find((it) => it.id === each.case).title}`, from, to }));
    print(summariseProfiles(join(profileFolder, id), windows));
  }
}

function emptied(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function chosen(all, texts, matches, kind) {
  if (!texts) return all;
  for (const text of texts) {
    if (all.some((each) => matches(each, text))) continue;
    throw new Error(`There is no ${kind} ${text}: see --list and --help.`);
  }
  return all.filter((each) => texts.some((text) => matches(each, text)));
}

function print(text) {
  process.stdout.write(text);
  return 0;
}
