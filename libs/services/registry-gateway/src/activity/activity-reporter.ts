import { randomUUID } from 'node:crypto';
import { type PullCount, recordActivity, type RefusalCount } from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';
import { type Logger, messageOf } from '@entrepot/platform-observability';

/** Fewer than the contract's bound, so that one report always fits. Beyond it the least important is dropped: another *new* line. */
const MAX_LINES = 2000;

/** Who refused whom, as far as the gateway knows; the rest is looked up from the facts of the last answer. */
export interface RefusedPlace {
  readonly verb: string;
  readonly place: {
    readonly accountId: string;
    readonly registryId: string;
    readonly repository: string | null;
    readonly image: string | null;
  } | null;
  readonly rule: string | null;
}

interface Report {
  readonly reportId: string;
  readonly pulls: PullCount[];
  readonly refusals: RefusalCount[];
}

/**
 * Counts pulls and refusals in memory and tells the catalog every few seconds, so that a pull costs no write. A report that fails is sent
 * again under its own id; a gateway that is killed loses what it had not told: counts, never the access log.
 */
export class ActivityReporter {
  private readonly pulls = new Map<string, PullCount>();
  private readonly refusals = new Map<string, RefusalCount>();
  private unsent: Report | null = null;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly messages: Pick<MessageClient, 'ask'>,
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly everyMs = 15_000,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.flush(), this.everyMs);
    this.timer.unref();
  }

  /** Ends with one last report, so that a drained gateway loses nothing. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  pulled(registryId: string, imageId: string, digest: string, actor: string, at: Date): void {
    const key = `${imageId} ${digest} ${actor}`;
    const line = this.pulls.get(key);
    if (line) {
      line.count += 1;
      line.lastAt = at.toISOString();
    } else if (this.pulls.size < MAX_LINES) {
      this.pulls.set(key, { registryId, imageId, digest, actor, count: 1, lastAt: at.toISOString() });
    }
  }

  /** Only refusals at a registry that exists are told: its owner is who wants to know. */
  refused({ verb, place, rule }: RefusedPlace, actor: string, at: Date): void {
    if (!place) return;
    const told = verb === 'pull' || verb === 'list' ? 'pull' : 'push';
    const key = `${told} ${place.registryId} ${place.repository}/${place.image} ${actor} ${rule}`;
    const line = this.refusals.get(key);
    if (line) {
      line.count += 1;
      line.lastAt = at.toISOString();
    } else if (this.refusals.size < MAX_LINES) {
      const reason = (rule ?? 'refused').slice(0, 512);
      this.refusals.set(key, { verb: told, ...place, actor, reason, count: 1, lastAt: at.toISOString() });
    }
  }

  /** Sends what was counted, after what could not be sent before. Never rejects. */
  flush(): Promise<void> {
    this.sending = this.sending.then(() => this.send());
    return this.sending;
  }

  private async send(): Promise<void> {
    const report = this.unsent ?? this.nextReport();
    if (report === null) return;
    this.unsent = report;
    try {
      await this.messages.ask(recordActivity, report);
      this.unsent = null;
    } catch (error) {
      this.logger.warn({ reason: messageOf(error) }, 'pull counts could not be told to the catalog; they are kept');
    }
  }

  private nextReport(): Report | null {
    if (this.pulls.size === 0 && this.refusals.size === 0) return null;
    const report = { reportId: randomUUID(), pulls: [...this.pulls.values()], refusals: [...this.refusals.values()] };
    this.pulls.clear();
    this.refusals.clear();
    return report;
  }
}
