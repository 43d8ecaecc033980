import { readFileSync } from 'node:fs';
import type { Suite } from '@entrepot/testing';

/** Resident memory of a suite's own processes, without the Postgres and the nats-server that it starts. For Linux. */
export function residentBytes(suite: Suite): number {
  const services = suite.children().filter(({ command }) => /\bapps\/[a-z-]+\/dist\//.test(command));
  return [suite.pid, ...services.map(({ pid }) => pid)].reduce((sum, pid) => sum + residentOf(pid), 0);
}

function residentOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has no resident memory`);
  return Number(kilobytes) * 1024;
}
