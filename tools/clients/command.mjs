// Runs one command of a client: bounded in time and in output, in an environment of its own, never through a shell.
import { spawn } from 'node:child_process';

/** Output kept per stream: enough for the longest error of a client, small beside a runaway's. */
const OUTPUT_LIMIT = 1024 * 1024;
const SECOND = 1000;

const running = new Set();

/** A command that ended with the wrong code or not in time; `message` carries the command line and what it printed. */
export class CommandFailed extends Error {
  constructor(reason, result) {
    super(`${reason}: ${result.line}\n${indent(result.output)}`);
    this.name = 'CommandFailed';
    this.result = result;
  }
}

/**
 * Runs `program` and answers { code, stdout, stderr, output, line }, whatever its exit code.
 * @param {string} program path or name on `env.PATH`
 * @param {string[]} args
 * @param {{ env?: object, cwd?: string, input?: string, seconds?: number, hide?: string[] }} options `seconds`: after
 *   that the command and all that it started are killed and CommandFailed is thrown (default 60); `hide`: secrets that
 *   are blotted out of what is shown
 */
export async function attempt(program, args, options = {}) {
  const { env = process.env, cwd, input, seconds = 60, hide = [] } = options;
  const child = spawn(program, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin.on('error', () => {}); // a client that refuses before it has read its input closes the pipe
  child.stdin.end(input ?? '');
  running.add(child);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(child.pid);
  }, seconds * SECOND);
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      stderr.text += `${error.message}\n`;
      resolve(127);
    });
    child.on('close', (status, signal) => resolve(status ?? `killed by ${signal}`));
  });
  clearTimeout(timer);
  running.delete(child);
  const result = describe(program, args, code, stdout.text, stderr.text, hide);
  if (late) throw new CommandFailed(`not done after ${seconds} s`, result);
  return result;
}

/** Kills every command that is under way, with all that it started: for an interrupted run. */
export function killRunning() {
  for (const { pid } of running) if (pid) killGroup(pid);
}

/** Like `attempt`, and throws CommandFailed unless the exit code is 0. */
export async function run(program, args, options) {
  const result = await attempt(program, args, options);
  if (result.code !== 0) throw new CommandFailed(`exit code ${result.code}`, result);
  return result;
}

/** Runs a command that must be refused: throws if it succeeds, or if its output does not match `because`. */
export async function refused(program, args, because, options) {
  const result = await attempt(program, args, options);
  if (result.code === 0) throw new CommandFailed('succeeded, but should have been refused', result);
  if (!because.test(result.output)) throw new CommandFailed(`refused, but not with ${because}`, result);
  return result;
}

function describe(program, args, code, stdout, stderr, hide) {
  const blot = (text) => hide.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  const output = blot([stdout, stderr].filter(Boolean).join('\n')).trim();
  return { code, stdout, stderr, output, line: blot([program, ...args].join(' ')) };
}

function collect(stream) {
  const kept = { text: '' };
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    if (kept.text.length < OUTPUT_LIMIT) kept.text += chunk;
  });
  return kept;
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has just ended by itself
  }
}

function indent(text) {
  const lines = text.split('\n');
  const shown = lines.length > 60 ? ['…', ...lines.slice(-60)] : lines;
  return shown.map((line) => `    | ${line}`).join('\n');
}
