import type { Epochs } from '@entrepot/contracts';

/** Asks which accounts changed since a sequence; throws when nobody answers. */
export type AskEpochs = (since: number) => Promise<Epochs>;

/** Silence after which what we know may be stale. The promise is that a revocation bites within a second. */
export const STALE_AFTER_MS = 1_000;

/** Accounts whose changes are remembered; beyond it everything cached is forgotten instead. */
const MAX_ACCOUNTS = 100_000;

/** Larger than any sequence: asks where the count stands, without a list of what came before. */
const ONLY_WHERE_IT_STANDS = Number.MAX_SAFE_INTEGER;

/**
 * Follows the epochs of all accounts. A cached fact about an account is current when this tracker is fresh and the account's epoch, as far as
 * heard, is not above the one at which the fact was read.
 */
export class EpochTracker {
  #incarnation: string | null = null;
  #sequence = 0;
  #heardAt = -Infinity;
  #asking: Promise<void> | null = null;
  #generation = 0;
  readonly #epochs = new Map<string, { epoch: number; heardAtSequence: number }>();

  constructor(
    private readonly ask: AskEpochs,
    private readonly now: () => number,
    /** Everything cached is worth nothing: another incarnation, a database that went back, or too many changes to remember. */
    private readonly onReset: () => void,
  ) {}

  /** Null before the first word of the issuer. */
  get incarnation(): string | null {
    return this.#incarnation;
  }

  /** Where the count stood when last heard. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Rises when all that was cached is to be forgotten: an answer to a question asked before must not be kept. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether something was heard within the last second. */
  get fresh(): boolean {
    return this.now() - this.#heardAt < STALE_AFTER_MS;
  }

  /** The account's epoch as far as heard; 0 when it did not change since we listen. */
  epochOf(accountId: string): number {
    return this.#epochs.get(accountId)?.epoch ?? 0;
  }

  /** Whether a change of the account was heard after the count stood at `sequence`. */
  changedSince(accountId: string, sequence: number): boolean {
    const known = this.#epochs.get(accountId);
    return known !== undefined && known.heardAtSequence > sequence;
  }

  /** A beat. One that is older than what we know says nothing; one that leaves a gap makes us ask. */
  hear(beat: Epochs): void {
    if (beat.incarnation !== this.#incarnation || this.#leavesGap(beat)) {
      this.#askInBackground();
      return;
    }
    if (beat.sequence < this.#sequence) return;
    this.#adopt(beat, this.now());
  }

  /** Resolves once the tracker is fresh; rejects with what `ask` threw. Concurrent callers share one question. */
  refresh(): Promise<void> {
    this.#asking ??= this.#askNow().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #askNow(): Promise<void> {
    const since = this.#incarnation === null ? ONLY_WHERE_IT_STANDS : this.#sequence;
    // What the answer tells was true when we asked, at the latest.
    const askedAt = this.now();
    const answer = await this.ask(since);
    const wentBack = this.#incarnation !== null && answer.sequence < since;
    if (answer.incarnation !== this.#incarnation || wentBack) this.#restart(answer, askedAt);
    else this.#adopt(answer, askedAt);
  }

  // A list of the changes after some point is complete for us only if we had heard up to that point: each change counts one, so a list
  // shorter than the distance may have begun too late.
  #leavesGap({ sequence, changed }: Epochs): boolean {
    return sequence - this.#sequence > changed.length;
  }

  #adopt({ sequence, changed }: Epochs, heardAt: number): void {
    for (const { accountId, epoch } of changed) {
      if (epoch > this.epochOf(accountId)) this.#epochs.set(accountId, { epoch, heardAtSequence: sequence });
    }
    this.#sequence = Math.max(this.#sequence, sequence);
    this.#heardAt = Math.max(this.#heardAt, heardAt);
    if (this.#epochs.size > MAX_ACCOUNTS) this.#forget();
  }

  #restart({ incarnation, sequence }: Epochs, heardAt: number): void {
    this.#incarnation = incarnation;
    this.#sequence = sequence;
    this.#heardAt = heardAt;
    this.#forget();
  }

  #forget(): void {
    this.#epochs.clear();
    this.#generation++;
    this.onReset();
  }

  // Until the answer is there the tracker is stale: a beat with a gap must not let an old grant live on.
  #askInBackground(): void {
    this.#heardAt = -Infinity;
    this.refresh().catch(() => undefined);
  }
}
