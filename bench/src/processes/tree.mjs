// Which processes belong to a candidate, and how much memory they hold. Linux only: read from /proc.
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux fixes for what it tells in /proc. */
const TICKS_PER_SECOND = 100;

/** All processes below `pid`, itself included, as { pid, name, startTime, cpu }. `startTime` tells a process from a later one with its number. */
export function processTree(pid) {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(processOf)
    .filter(Boolean);
  const members = new Set([pid]);
  // Parents are not always listed before their children: as often as one was found.
  for (let before = 0; before !== members.size;) {
    before = members.size;
    for (const each of all) if (members.has(each.parent)) members.add(each.pid);
  }
  return all.filter((each) => members.has(each.pid));
}

/** Whether this very process still runs. */
export const stillRuns = ({ pid, startTime }) => processOf(String(pid))?.startTime === startTime;

/**
 * Memory of the tree in bytes, by kind of program: { rss, pss }. RSS counts a page in each process that maps it, so Postgres' shared buffers
 * many times over; PSS divides such a page among them, and its sum is what the processes really hold.
 */
export function memoryOf(pid) {
  const kinds = {};
  for (const each of processTree(pid)) {
    const sum = (kinds[kindOf(each.name)] ??= { rss: 0, pss: 0, processes: 0 });
    const { rss, pss } = memoryOfProcess(each.pid);
    sum.rss += rss;
    sum.pss += pss;
    sum.processes += 1;
  }
  return kinds;
}

/** Seconds of CPU that the tree's processes have used so far, by kind of program. */
export function cpuOf(pid) {
  const kinds = {};
  for (const each of processTree(pid)) kinds[kindOf(each.name)] = (kinds[kindOf(each.name)] ?? 0) + each.cpu;
  return kinds;
}

/** Seconds of CPU that everything on this machine has used so far. */
export function cpuOfMachine() {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/ +/)
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

const kindOf = (name) =>
  name.startsWith('postgres') ? 'postgres' : name.startsWith('nats-server') ? 'nats' : 'services';

function processOf(entry) {
  try {
    const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
    // The name is in parentheses and may hold anything, so what follows is read after the last one.
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return null;
    return {
      pid: Number(entry),
      name,
      parent: Number(parent),
      startTime: rest[17],
      // Its own, and that of its children that have ended: Postgres' backends come and go.
      cpu: rest.slice(9, 13).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND,
    };
  } catch {
    return null; // it ended meanwhile
  }
}

function memoryOfProcess(pid) {
  const rss = kilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+)/m);
  return { rss, pss: kilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+)/m) || rss };
}

function kilobytes(file, line) {
  try {
    return Number(line.exec(readFileSync(file, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
