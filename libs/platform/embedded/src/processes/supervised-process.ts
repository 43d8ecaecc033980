import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedLogger } from '../embedded-logger.js';
import { stopProcess, type StopStep } from './process-identity.js';

export interface SupervisedProcessOptions {
  readonly name: string;
  readonly logger: EmbeddedLogger;
  /** Starts the child with piped stdout and stderr, detached, so that a Ctrl-C in the terminal reaches us only. */
  readonly spawn: () => ChildProcess;
  /** Asked every 15 ms after a start: does the child serve? */
  readonly isReady: (child: ChildProcess) => Promise<boolean>;
  readonly readyWithinMs: number;
  readonly stopSteps: readonly StopStep[];
  /** Sees every line that the child writes. */
  readonly onLine?: (line: string) => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** A child that ran this long was healthy: its next crash is met with the shortest pause again. */
const HEALTHY_AFTER_MS = 60_000;
/** Enough of the child's last words to explain an exit, and bounded. */
const KEPT_LINES = 20;

/**
 * A child process that is started until it serves, watched, started again with growing pauses when it ends unasked, and stopped by a
 * list of signals. If our own process exits without stopping it, the child gets the first of those signals.
 */
export class SupervisedProcess {
  private child: ChildProcess | null = null;
  private stopping = false;
  private restarting: Promise<void> | null = null;
  private pauseMs = FIRST_PAUSE_MS;
  private lines: string[] = [];
  private readonly cancelPause = new AbortController();
  private readonly onOwnExit = () => this.child?.kill(this.options.stopSteps[0]?.signal);

  constructor(private readonly options: SupervisedProcessOptions) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves when the child serves. Rejects, with its last lines, when it ends before or takes too long. */
  async start(): Promise<void> {
    process.on('exit', this.onOwnExit);
    try {
      await this.launch();
    } catch (error) {
      process.off('exit', this.onOwnExit);
      throw error;
    }
  }

  /** Ends the child and the supervision. Calling it twice does no harm. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.cancelPause.abort();
    await this.endChild();
    await this.restarting;
    await this.endChild();
    process.off('exit', this.onOwnExit);
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  private async endChild(): Promise<void> {
    const { child } = this;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (!(await stopProcess(child.pid, this.options.stopSteps))) {
      this.options.logger.error({ pid: child.pid }, `${this.options.name} does not end; killing it`);
      child.kill('SIGKILL');
    }
    await ended;
  }

  private async launch(): Promise<void> {
    this.lines = [];
    const child = this.options.spawn();
    this.child = child;
    const startedAt = Date.now();
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      // `close`, not `exit`: the last lines are the explanation and come before it.
      child.once('close', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with code ${code}`));
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.keep(line));
    }
    try {
      await this.waitUntilReady(child, ended);
    } catch (error) {
      await this.endChild();
      throw error;
    }
    void ended.then((how) => this.onUnexpectedEnd(how, Date.now() - startedAt));
  }

  private keep(line: string): void {
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
    this.options.onLine?.(line);
  }

  private async waitUntilReady(child: ChildProcess, ended: Promise<string>): Promise<void> {
    let how: string | null = null;
    void ended.then((reason) => (how = reason));
    const end = Date.now() + this.options.readyWithinMs;
    while (how === null && !this.stopping) {
      if (await this.options.isReady(child)) return;
      if (Date.now() > end) {
        how = `was not ready within ${this.options.readyWithinMs / 1000} s`;
      }
      await Promise.race([sleep(15), ended]);
    }
    if (how === null) return;
    throw new Error([`${this.options.name} ${how as string}`, ...this.lines].join('\n'));
  }

  private onUnexpectedEnd(how: string, ranMs: number): void {
    if (this.stopping) return;
    if (ranMs > HEALTHY_AFTER_MS) this.pauseMs = FIRST_PAUSE_MS;
    this.restarting = this.restart(how).finally(() => (this.restarting = null));
  }

  private async restart(reason: string): Promise<void> {
    const { name, logger } = this.options;
    let how = reason;
    while (!this.stopping) {
      logger.error(
        { pauseMs: this.pauseMs, lastLines: this.lines },
        `${name} ${how}; starting it again in ${this.pauseMs} ms`,
      );
      await sleep(this.pauseMs, undefined, { signal: this.cancelPause.signal }).catch(() => undefined);
      this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
      if (this.stopping) return;
      try {
        await this.launch();
        logger.warn({ pid: this.pid }, `${name} runs again`);
        return;
      } catch (error) {
        how = `did not come back (${(error as Error).message.split('\n')[0]})`;
      }
    }
  }
}
