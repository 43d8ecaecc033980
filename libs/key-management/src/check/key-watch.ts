import { type LeveledLog, messageOf } from '@entrepot/platform-observability';
import { type KeyVerdict, problemSentence } from './check-keys.js';
import { EncryptionRefused } from './encryption-refused.error.js';

export interface KeyWatchNeeds {
  /** Tries the keys. What it throws counts as "could not be checked". */
  readonly check: () => Promise<KeyVerdict>;
  readonly logger: LeveledLog;
  readonly intervalSeconds: number;
  /** Called when a check finds keys that don't open. */
  readonly onProblem?: () => void;
}

/** After a check that could not be made: soon again, since a dependency that starts beside us is there in seconds. */
const AGAIN_MS = 2_000;

/** Checks keys at the start and every few minutes, and says in between how the last check went. */
export class KeyWatch {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #problem: string | null = 'the keys of encrypted registries were not checked yet';

  constructor(private readonly needs: KeyWatchNeeds) {}

  /** The first check. Throws `EncryptionRefused` when keys don't open; when they can't be checked now, `ready` says so until they can. */
  async start(): Promise<void> {
    const verdict = await this.#check();
    const sentence = verdict && verdict.problems.length > 0 ? problemSentence(verdict) : null;
    if (sentence) throw new EncryptionRefused(sentence);
    this.#schedule();
  }

  /** For readiness: rejects with the sentence of the last check. */
  async ready(): Promise<void> {
    if (this.#problem !== null) throw new Error(this.#problem);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    if (this.#stopped) return;
    const delay = this.#problem === null ? this.needs.intervalSeconds * 1_000 : AGAIN_MS;
    this.#timer = setTimeout(() => {
      this.#running = this.#check().then(() => this.#schedule());
    }, delay);
    this.#timer.unref();
  }

  async #check(): Promise<KeyVerdict | null> {
    const { check, logger, onProblem } = this.needs;
    try {
      const verdict = await check();
      const before = this.#problem;
      this.#problem = problemSentence(verdict);
      if (verdict.problems.length > 0) onProblem?.();
      if (this.#problem !== null && this.#problem !== before)
        logger.error({ problems: verdict.problems }, this.#problem);
      return verdict;
    } catch (error) {
      this.#problem = `the keys of encrypted registries can't be checked: ${messageOf(error)}`;
      logger.warn({ err: error }, 'the keys of encrypted registries could not be checked; tried again soon');
      return null;
    }
  }
}
