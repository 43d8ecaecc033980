// Reads V8's CPU profiles and says where the time of a window of them went.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TOP = 25;
/** Not work: waiting, and V8's word for whatever isn't JavaScript (system calls, mostly). */
const IDLE = '(idle)';
/** A process that was busy for less than this part of the window is left out. */
const WORTH_TELLING = 0.02;

/**
 * Summarises the profiles of a folder as text. A window is { title, from, to } in microseconds of the monotonic clock, which profiles use too; a
 * profile holds the whole life of its process.
 */
export function summariseProfiles(folder, windows) {
  if (!existsSync(folder)) return '';
  const profiles = readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'));
  const sections = [];
  for (const file of profiles) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    for (const window of windows) {
      const times = timesWithin(profile, window);
      if (times.busy > WORTH_TELLING * (window.to - window.from)) sections.push(section(file, window, times));
    }
  }
  return sections.join('\n');
}

/** Microseconds in the window: { total, busy, self, inclusive, packages }, the last three by name. */
function timesWithin({ nodes, samples, timeDeltas, startTime }, { from, to }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const times = { total: 0, busy: 0, self: new Map(), inclusive: new Map(), packages: new Map() };
  let now = startTime;
  for (const [index, id] of samples.entries()) {
    now += timeDeltas[index];
    if (now < from || now > to) continue;
    const took = timeDeltas[index + 1] ?? 0;
    const node = byId.get(id);
    times.total += took;
    if (node.callFrame.functionName === IDLE) continue;
    times.busy += took;
    add(times.self, nameOf(node), took);
    add(times.packages, packageOf(node.callFrame), took);
    // A recursive function counts once.
    const stack = new Set();
    for (let each = id; each !== undefined; each = parents.get(each)) stack.add(nameOf(byId.get(each)));
    for (const name of stack) add(times.inclusive, name, took);
  }
  return times;
}

const add = (map, key, value) => map.set(key, (map.get(key) ?? 0) + value);

function nameOf({ callFrame: { functionName, url, lineNumber } }) {
  const place = url ? ` ${shortened(url)}:${lineNumber + 1}` : '';
  return `${functionName || '(anonymous)'}${place}`;
}

const shortened = (url) => url.replace(/^file:\/\//, '').replace(/^.*\/(node_modules|libs|apps)\//, '$1/');

/** The npm package or our library that a frame is of. */
function packageOf({ functionName, url }) {
  if (!url) return functionName.startsWith('(') ? functionName : 'V8 built-ins';
  if (url.startsWith('node:')) return 'node';
  const path = shortened(url);
  const dependency = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path);
  return dependency?.[1] ?? /^(.*?)\/dist\//.exec(path)?.[1] ?? path;
}

function section(file, { title, from, to }, { busy, self, inclusive, packages }) {
  const part = (time) => `${((100 * time) / busy).toFixed(1).padStart(6)} %`;
  const rows = (map) =>
    [...map]
      .sort((a, b) => b[1] - a[1])
      .slice(0, TOP)
      .map(([name, time]) => `${part(time)}  ${name}`);
  const head = `## ${title}\n${file}: busy for ${((100 * busy) / (to - from)).toFixed(0)} % of the time`;
  return [
    head,
    'by package',
    ...rows(packages),
    'by function, itself',
    ...rows(self),
    'by function, with what it calls',
    ...rows(inclusive),
    '',
  ].join('\n');
}
