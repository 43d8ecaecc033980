// Lines that say what goes on and since when, so that a long first start is never silence.
import { spawn } from 'node:child_process';

const started = Date.now();
/** A line at least this often while something runs. */
const HEARTBEAT_MS = 10_000;

/** Prints `[ 12.3 s] text`. To stderr: stdout belongs to the program that is started. */
export function say(text) {
  process.stderr.write(`[${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s] ${text}\n`);
}

/** Prints the one sentence that explains why it can't go on, and ends. */
export function giveUp(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/**
 * Runs a program to its end and answers { code, output }; `output` is the end of what it said. Never rejects: a program that is missing
 * has code 127. Says every ten seconds that it still goes on, when `doing` is given.
 */
export function run(program, args, { doing, cwd, env, timeoutMs } = {}) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk) => (output = (output + chunk).slice(-8_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const heartbeat = doing ? setInterval(() => say(`… still ${doing}`), HEARTBEAT_MS) : undefined;
    const timeout = timeoutMs ? setTimeout(() => child.kill('SIGKILL'), timeoutMs) : undefined;
    const end = (code) => {
      clearInterval(heartbeat);
      clearTimeout(timeout);
      resolve({ code, output: output.trim() });
    };
    child.once('error', (error) => ((output += error.message), end(127)));
    child.once('close', (code) => end(code ?? 1));
  });
}
