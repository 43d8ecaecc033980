import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** How often a process looks what time it is to believe. */
const LOOK_EVERY_MS = 50;

/** Moves the wall clock of a suite's processes forward while they run, as if time had passed. What ticks otherwise, timers too, goes on as it does. */
export class LaterClock {
  readonly #folder = mkdtempSync(join(tmpdir(), 'entrepot-clock-'));
  readonly #offset = join(this.#folder, 'offset-ms');

  constructor() {
    writeFileSync(this.#offset, '0');
    writeFileSync(join(this.#folder, 'clock.mjs'), programOf(this.#offset));
  }

  /** For the suite's environment. */
  get env(): Record<string, string> {
    return { NODE_OPTIONS: `--import=${pathToFileURL(join(this.#folder, 'clock.mjs')).href}` };
  }

  /** Resolves when all processes are that much later than the world. */
  async later(seconds: number): Promise<void> {
    writeFileSync(this.#offset, String(seconds * 1000));
    await sleep(2 * LOOK_EVERY_MS);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function programOf(offsetFile: string): string {
  return `
import { readFileSync } from 'node:fs';
const RealDate = Date;
let offset = 0;
let lookedAt = -Infinity;
function now() {
  const at = performance.now();
  if (at - lookedAt >= ${LOOK_EVERY_MS}) {
    lookedAt = at;
    try { offset = Number(readFileSync(${JSON.stringify(offsetFile)}, 'utf8')) || offset; } catch { /* the test is over */ }
  }
  return RealDate.now() + offset;
}
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
`;
}
