import { BoundedCache } from '@entrepot/access';
import type { LookupAnswer, LookupQuestion } from '@entrepot/contracts';
import {
  changesOneOf,
  type ChangeOutcome,
  type ChangeWatch,
  type Database,
  type PlatformLogger,
  SoleReplica,
} from '@entrepot/platform-persistence';

/** What look-ups read. */
const TABLES = new Set(['registry', 'repository', 'image', 'tag', 'manifest', 'blob_link', 'blob']);

/** Nothing is remembered for longer, so that what somebody changes behind the suite's back shows after a moment. */
const MAX_AGE_MS = 5_000;
/** Images whose changes are kept apart; with more of them all is forgotten. */
const MAX_SCOPES = 65_536;

/** What can look different after a change: one image, or anything. */
interface Scope {
  /** Changes that are being made. */
  pending: number;
  /** When the last change began or ended, in moments. */
  changed: number;
}

interface Remembered {
  answer: LookupAnswer;
  scope: Scope;
  /** In moments: when the database was asked. */
  asked: number;
  /** {@link SoleReplica.term} then. */
  term: number;
  /** In ms of `performance.now()`. */
  oldAt: number;
  /** In ms since 1970, by the catalog's clock. */
  until: number;
}

export interface MemorySettings {
  /** Answers at most; 0: it remembers nothing. */
  answers: number;
  /** How long this process must have been the only one that changes the catalog; {@link SoleReplica} says why. */
  aloneAfterMs: number;
  logger: PlatformLogger;
}

/** A moment at which the database is asked. */
export interface Asking {
  readonly moment: number;
  readonly term: number;
}

/**
 * The answers of look-ups that found something, for as long as nothing can have changed them. It answers only while this process is the only one that
 * changes the catalog; each change of the tables that look-ups read is told to it before it can be seen, and from then until it is over nothing is
 * answered, or taken in, of what it may touch. So an answer is never older than the question. What was not found is not remembered.
 *
 * Time is counted in moments: each beginning and end of a change is one. What was asked before the last of them is worth nothing.
 */
export class LookupMemory implements ChangeWatch {
  readonly concerns = changesOneOf(TABLES);
  readonly #answers: BoundedCache<string, Remembered>;
  readonly #anything: Scope = { pending: 0, changed: 0 };
  #scopes = new Map<string, Scope>();
  #moment = 0;
  #offUntil = -Infinity;

  constructor(
    private readonly replica: Pick<SoleReplica, 'isAlone' | 'term' | 'joined' | 'start' | 'stop'>,
    private readonly settings: MemorySettings,
    private readonly clock: () => Date,
  ) {
    this.#answers = new BoundedCache(settings.answers);
  }

  /** Has all changes of the database told to it, and takes its place among the replicas. */
  static open(database: Database, settings: MemorySettings, clock: () => Date): LookupMemory {
    const replica = new SoleReplica({ database, ...settings });
    const memory = new LookupMemory(replica, settings, clock);
    database.watchChanges(memory);
    // Who remembers nothing needs a place only to change something.
    if (settings.answers > 0) replica.start();
    return memory;
  }

  /** Afterwards nothing can be changed any more. */
  async close(): Promise<void> {
    await this.replica.stop();
  }

  /** The answers that are remembered, in the order of the questions. */
  recall(questions: readonly LookupQuestion[]): (LookupAnswer | undefined)[] {
    if (!this.#isOn) return questions.map(() => undefined);
    const now = performance.now();
    const today = this.clock().getTime();
    return questions.map((question) => {
      const found = this.#answers.get(keyOf(question));
      if (!found || found.oldAt < now || found.until <= today || !this.#holds(found.scope, found)) return undefined;
      return found.answer;
    });
  }

  /** To be called before the database is asked. */
  asking(): Asking {
    return { moment: this.#moment, term: this.replica.term };
  }

  /** Takes in what the database answered. It may be told until `until`, in ms since 1970. */
  remember(question: LookupQuestion, answer: LookupAnswer, { moment, term }: Asking, until = Infinity): void {
    if (!this.#isOn || !answer.registry || !answer.image || !(answer.manifest || answer.blob?.location)) return;
    const scope = this.#scopeOf(imageScope(answer.registry.registryId, answer.image.imageId));
    const remembered = { answer, scope, asked: moment, term, oldAt: performance.now() + MAX_AGE_MS, until };
    if (this.#holds(scope, remembered)) this.#answers.set(keyOf(question), remembered);
  }

  async begin(within: string | undefined): Promise<(outcome: ChangeOutcome) => void> {
    const scope = within === undefined ? this.#anything : this.#scopeOf(within);
    scope.pending += 1;
    scope.changed = ++this.#moment;
    const end = (outcome: ChangeOutcome): void => {
      scope.pending -= 1;
      scope.changed = ++this.#moment;
      if (outcome === 'unknown') this.#offUntil = performance.now() + this.settings.aloneAfterMs;
    };
    this.replica.start();
    await this.replica.joined().catch((error: unknown) => {
      end('not made');
      throw error;
    });
    return end;
  }

  get #isOn(): boolean {
    return this.settings.answers > 0 && this.replica.isAlone && performance.now() >= this.#offUntil;
  }

  #holds(scope: Scope, { asked, term }: Pick<Remembered, 'asked' | 'term'>): boolean {
    return term === this.replica.term && isQuietSince(asked, this.#anything) && isQuietSince(asked, scope);
  }

  #scopeOf(within: string): Scope {
    const known = this.#scopes.get(within);
    if (known) return known;
    if (this.#scopes.size >= MAX_SCOPES) this.#forgetScopes();
    const scope: Scope = { pending: 0, changed: 0 };
    this.#scopes.set(within, scope);
    return scope;
  }

  /** With them goes all that was asked before. */
  #forgetScopes(): void {
    this.#scopes = new Map([...this.#scopes].filter(([, { pending }]) => pending > 0));
    this.#anything.changed = ++this.#moment;
  }
}

/** For {@link Transaction.changesOnly}: a transaction that changes nothing which look-ups tell but within one image. */
export function imageScope(registryId: string, imageId: string): string {
  return `${registryId}/${imageId}`;
}

function isQuietSince(moment: number, { pending, changed }: Scope): boolean {
  return pending === 0 && changed <= moment;
}

/** None of the grammars has a space, and none has a name that is a dash. */
function keyOf({ kind, registryId, registryName, repository, image, tag, digest }: LookupQuestion): string {
  return `${kind} ${registryId ?? '-'} ${registryName ?? '-'} ${repository} ${image} ${tag ?? '-'} ${digest ?? '-'}`;
}
