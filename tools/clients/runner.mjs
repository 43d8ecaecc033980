// Runs behaviours one after the other, tells each by a line, and counts. A behaviour that has not passed has failed:
// there is no skipping here.
import { CommandFailed } from './command.mjs';

const BEHAVIOUR_SECONDS = 180;

/** Counts of one run of the tests. */
export class Tally {
  passed = 0;
  failed = 0;
  #interrupted = false;

  /** From now on nothing is run, told or counted. */
  interrupt() {
    this.#interrupted = true;
  }

  /**
   * Runs `behaviour`, for at most `limit` seconds, and tells it as `title`; a failure is told with what the failed
   * command printed.
   */
  async run(title, behaviour, limit = BEHAVIOUR_SECONDS) {
    if (this.#interrupted) return false;
    const started = Date.now();
    try {
      await inTime(behaviour(), limit);
      this.passed += 1;
      console.log(`  ✓ ${title} (${seconds(started)})`);
      return true;
    } catch (error) {
      this.fail(title, error, seconds(started));
      return false;
    }
  }

  /** Counts and tells a failure. */
  fail(title, error, took = '0.0 s') {
    if (this.#interrupted) return;
    this.failed += 1;
    console.log(`  ✗ ${title} (${took})`);
    console.log(`    ${error instanceof CommandFailed ? error.message : (error?.stack ?? error)}`);
  }

  /** The last line of a run. */
  line() {
    return `${this.passed} passed, ${this.failed} failed, 0 skipped`;
  }
}

const seconds = (started) => `${((Date.now() - started) / 1000).toFixed(1)} s`;

async function inTime(promise, limit) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limit} s`)), limit * 1000);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
