import { type LeveledLog, messageOf } from '@entrepot/platform-observability';
import type { KeyVerdict } from './check-keys.js';
import { EncryptionRefused } from './encryption-refused.error.js';
import { problemSentence, type Sentence } from './problem-sentence.js';

export interface KeyWatchNeeds {
  /** Tries the keys. What it throws counts as "could not be checked". */
  readonly check: () => Promise<KeyVerdict>;
  readonly logger: LeveledLog;
  readonly intervalSeconds: number;
  readonly sentence?: Sentence;
  /** Called when a check finds keys that don't open. */
  readonly onProblem?: () => void;
}

/** How the last check went. */
export interface KeyWatchState {
  readonly checkedAt: Date | null;
  /** One sentence; null when every key opened. */
  readonly problem: string | null;
}

/** After a check that could not be made: soon again, since a dependency that starts beside us is there in seconds. */
const AGAIN_MS = 2_000;
/** While this process waits for the end of a problem that was found. */
const MENDED_MS = 10_000;
const NOT_YET = 'The keys of encrypted registries were not checked yet.';

/** Checks keys at the start and every few minutes, and says in between how the last check went. */
export class KeyWatch {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #state: KeyWatchState = { checkedAt: null, problem: NOT_YET };
  /** Null: nothing keeps this process from serving. */
  #obstacle: string | null = NOT_YET;
  #checked = false;
  #livesOn = false;

  constructor(private readonly needs: KeyWatchNeeds) {}

  get state(): KeyWatchState {
    return this.#state;
  }

  /**
   * The first check, then one in each interval. Throws `EncryptionRefused` when a master key is missing or wrong; when that can't be found out
   * now, `ready` says so until it can. Damaged rows of single registries are told, and keep no other registry from being served.
   */
  async start(): Promise<void> {
    this.#livesOn = true;
    const verdict = await this.#check();
    if (verdict && blocking(verdict).length > 0) throw new EncryptionRefused(this.#obstacle ?? '');
    this.#schedule();
  }

  /** The same without refusing, for keys that this process does not live on. */
  startQuietly(): void {
    this.#running = this.#check().then(() => this.#schedule());
  }

  /** For readiness: rejects with the sentence of the last check. */
  async ready(): Promise<void> {
    if (this.#obstacle !== null) throw new Error(this.#obstacle);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#check().then(() => this.#schedule());
    }, this.#pauseMs);
    this.#timer.unref();
  }

  /** A check reads the keys of all registries: what was found out is not asked again at once, and only soon when this process waits for its end. */
  get #pauseMs(): number {
    if (!this.#checked) return AGAIN_MS;
    const intervalMs = this.needs.intervalSeconds * 1_000;
    return this.#livesOn && this.#obstacle !== null ? Math.min(MENDED_MS, intervalMs) : intervalMs;
  }

  async #check(): Promise<KeyVerdict | null> {
    const { check, onProblem, sentence = problemSentence } = this.needs;
    try {
      const verdict = await check();
      this.#checked = verdict.unavailable === null;
      this.#obstacle = sentence({ ...verdict, problems: blocking(verdict) });
      this.#note(sentence(verdict), verdict.problems);
      if (verdict.problems.length > 0) onProblem?.();
      return verdict;
    } catch (error) {
      this.#checked = false;
      this.#obstacle = `The keys of encrypted registries can't be checked: ${messageOf(error)}.`;
      this.#note(this.#obstacle, []);
      return null;
    }
  }

  /** Logs a sentence once, however often the same check finds the same. */
  #note(problem: string | null, problems: KeyVerdict['problems']): void {
    const before = this.#state.problem;
    this.#state = { checkedAt: new Date(), problem };
    if (problem === before) return;
    if (problem !== null && problems.length > 0) this.needs.logger.error({ problems }, problem);
    else if (problem !== null) this.needs.logger.warn({}, problem);
  }
}

function blocking({ problems }: KeyVerdict): KeyVerdict['problems'] {
  return problems.filter(({ kind }) => kind !== 'damaged');
}
