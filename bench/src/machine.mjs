// What the numbers were taken on: without it they mean nothing.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { root } from '../../tools/root.mjs';

/** Facts for the report. `loadBefore` is the load average before anything was started: above 0.3 the numbers are provisional. */
export function machineFacts() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    loadBefore: loadavg()[0],
    commit: git('rev-parse', '--short=12', 'HEAD'),
    uncommitted: git('status', '--porcelain', '--untracked-files=no', '--', 'apps', 'libs', 'tools') !== '',
  };
}

function git(...args) {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
