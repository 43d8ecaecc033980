// Starts a candidate, waits until it is ready, and makes sure that nothing of it is left.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree, stillRuns } from './tree.mjs';

const running = new Set();

/** A candidate drains for at most 10 s (README); then it is ended. */
const STOP_MS = 15_000;

/** A new folder for one candidate's data; removed when the candidate is stopped. */
export const dataDirectoryFor = (id) => mkdtempSync(join(tmpdir(), `entrepot-bench-${id}-`));

/**
 * Starts a program and resolves to { base, pid, hasEnded } once `GET base + readyPath` answers 200. Throws with the end of what the program said
 * when it ends or isn't ready in time.
 */
export async function startServer({ program, args, env, dataDirectory, port, readyPath, readyMs }) {
  const logFile = join(dataDirectory, 'bench.log');
  const log = openSync(logFile, 'a');
  // A group of its own: Ctrl-C reaches us only, and we stop it in order.
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  let ended = null;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended ??= `it ended with ${signal ?? code}`));
  let stopped = null;
  const stop = () => (stopped ??= stopServer(child, dataDirectory).finally(() => running.delete(stop)));
  running.add(stop);
  const base = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + readyMs; !(await answers(base + readyPath)); await sleep(100)) {
    const reason = ended ?? (Date.now() > deadline ? `it was not ready within ${readyMs / 1_000} s` : null);
    if (!reason) continue;
    const said = readFileSync(logFile, 'utf8').slice(-4_000);
    await stop();
    throw new Error(`${program} does not start: ${reason}\n${said}`);
  }
  return { base, pid: child.pid, hasEnded: () => ended };
}

/** Stops every candidate, also one that is still starting, and removes its data. Resolves when all are gone, whoever asked first. */
export async function stopServers() {
  await Promise.all([...running].map((stop) => stop()));
}

async function stopServer(child, dataDirectory) {
  // Noted before the signal: children of a process that is gone belong to somebody else.
  const members = child.pid === undefined ? [] : processTree(child.pid);
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  for (const deadline = Date.now() + STOP_MS; members.some(stillRuns) && Date.now() < deadline;) await sleep(50);
  for (const member of members.filter(stillRuns)) kill(member.pid);
  rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function answers(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}
