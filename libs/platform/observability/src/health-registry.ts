import { messageOf } from './errors.js';

/** What a readiness check found: everything that is missing, each with one reason. */
export interface Readiness {
  ready: boolean;
  missing: { name: string; reason: string }[];
}

// A probe of Kubernetes waits one second by default; a slower answer would count as none.
const TIMEOUT_MS = 1000;

/** The things that a process needs to serve. Each module adds its own check; `/readyz` asks them all. */
export class HealthRegistry {
  private readonly checks = new Map<string, () => Promise<void>>();
  private running: Promise<Readiness> | null = null;

  constructor(private readonly timeoutMs = TIMEOUT_MS) {}

  /** Adds a check that resolves when its thing works and rejects with the reason when not. A name is added once. */
  add(name: string, check: () => Promise<void>): void {
    if (this.checks.has(name)) throw new Error(`The health check ${name} exists already.`);
    this.checks.set(name, check);
  }

  /** Runs all checks at the same time, each for at most a second. Never rejects. Callers that come meanwhile share the run. */
  async check(): Promise<Readiness> {
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async run(): Promise<Readiness> {
    const results = await Promise.all([...this.checks].map(([name, check]) => this.reasonOf(name, check)));
    const missing = results.filter((result) => result !== null);
    return { ready: missing.length === 0, missing };
  }

  private async reasonOf(name: string, check: () => Promise<void>): Promise<{ name: string; reason: string } | null> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.timeoutMs} ms`)), this.timeoutMs);
    });
    try {
      await Promise.race([(async () => check())(), timeout]);
      return null;
    } catch (error) {
      return { name, reason: messageOf(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}
