import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the suite prints on stdout, on a line of its own, when every service of it serves: `ready: http://127.0.0.1:5000`. */
const READY_LINE = /^ready: (https?:\/\/\S+)$/m;
/** A first start makes a database cluster and runs all migrations, on a machine that may run other tests too. */
const READY_WITHIN_MS = 90_000;
/** The suite promises 10 s; the machine may be busy. */
const ENDED_WITHIN_MS = 20_000;
/** Kept of what it printed. */
const KEPT_CHARACTERS = 4 * 1024 * 1024;

/** One run of the suite's program, from start to end. */
export class SuiteProcess {
  private output = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private readonly onOwnExit = () => this.signalGroup('SIGKILL');

  constructor([program = '', ...words]: readonly string[], args: readonly string[] = [], env: NodeJS.ProcessEnv) {
    this.child = spawn(program, [...words, ...args], {
      env,
      // A group of its own, so that what it started can be found and ended.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-KEPT_CHARACTERS);
      });
    }
    this.ended = once(this.child, 'close');
    process.once('exit', this.onOwnExit);
    void this.ended.then(() => process.off('exit', this.onOwnExit));
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** The code it ended with; null while it runs, or when a signal ended it. */
  get exitCode(): number | null {
    return this.child.exitCode;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  logs(): string {
    return this.output;
  }

  /** Resolves to the address in the ready line. Rejects with what was printed when the program ends first, or takes too long. */
  async ready(): Promise<string> {
    const end = Date.now() + READY_WITHIN_MS;
    while (!this.hasEnded && Date.now() < end) {
      const address = READY_LINE.exec(this.output)?.[1];
      if (address) return address;
      await sleep(20);
    }
    const how = this.hasEnded ? `ended with ${this.child.exitCode ?? this.child.signalCode}` : 'did not become ready';
    await this.kill('SIGKILL');
    throw new Error(`the suite ${how}:\n${this.output.slice(-64_000)}`);
  }

  /** Sends the signal to the suite's first process only, and resolves when it and the processes of its group have ended. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.hasEnded) this.child.kill(signal);
    const end = Date.now() + ENDED_WITHIN_MS;
    while (this.groupRuns() && Date.now() < end) await sleep(20);
    const late = this.groupRuns();
    if (late) this.signalGroup('SIGKILL');
    await this.ended;
    if (late)
      throw new Error(
        `the suite did not end within ${ENDED_WITHIN_MS} ms of ${signal}:\n${this.output.slice(-64_000)}`,
      );
  }

  /** Resolves to the exit code when the program ends by itself. */
  async exit(): Promise<number | null> {
    await this.ended;
    return this.child.exitCode;
  }

  private groupRuns(): boolean {
    return !this.hasEnded || this.signalGroup(0);
  }

  private signalGroup(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-this.pid, signal);
    } catch {
      return false;
    }
  }
}

/** A process's direct children, with their command lines. Linux only: elsewhere the list is empty. */
export function childrenOf(pid: number): { pid: number; command: string }[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text
      .split(' ')
      .filter(Boolean)
      .map((child) => ({
        pid: Number(child),
        command: readFileSync(`/proc/${child}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      }));
  } catch {
    return [];
  }
}

/** The settings that a process was started with, as `NAME=value`. Linux only: elsewhere the list is empty. */
export function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
