import { BoundedCache } from '@entrepot/access';
import { loginDenied, loginSucceeded } from '@entrepot/contracts';
import { appendFact, type Database } from '@entrepot/platform-persistence';
import type { Clock } from '../clock.js';
import type { IamLogger } from '../ports.js';

/** Refusals of one key that are told in a minute; whoever guesses must not be able to fill the outbox. */
const DENIED_PER_MINUTE = 10;
const MAX_KEYS = 10_000;

/** A login of a known key. */
export interface Login {
  accountId: string;
  keyId: string;
  user: string;
  sourceIp: string | null;
}

/** Tells logins and refused ones as facts, each in a small transaction of its own. */
export class LoginEvents {
  readonly #denied = new BoundedCache<string, { minute: number; told: number }>(MAX_KEYS);
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly logger: IamLogger,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the fact is kept. */
  async succeeded(login: Login): Promise<void> {
    await this.#append(login, null);
  }

  /** Doesn't wait: a refusal must take as long for a known key as for an unknown one. */
  denied(login: Login, reason: string): void {
    if (!this.#mayTell(login.keyId)) return;
    const told = this.#append(login, reason)
      .catch((error: unknown) => this.logger.warn({ err: error }, 'a refused login could not be told'))
      .finally(() => this.#underWay.delete(told));
    this.#underWay.add(told);
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #mayTell(keyId: string): boolean {
    const minute = Math.floor(this.clock().getTime() / 60_000);
    const known = this.#denied.get(keyId);
    const told = known?.minute === minute ? known.told : 0;
    if (told >= DENIED_PER_MINUTE) return false;
    this.#denied.set(keyId, { minute, told: told + 1 });
    return true;
  }

  #append({ accountId, keyId, user, sourceIp }: Login, reason: string | null): Promise<void> {
    const now = this.clock();
    const context = { accountId, registryId: null, orderingKey: keyId, actor: keyId, subject: user, now };
    return this.database.inTransaction(async (tx) => {
      // The lock that keeps one key's facts in order.
      await tx.query('SELECT FROM access_key WHERE key_id = $1 FOR KEY SHARE', [keyId]);
      const data = { accessKey: keyId, user, sourceIp };
      if (reason === null) appendFact(tx, loginSucceeded, context, { ...data, outcome: 'succeeded' });
      else appendFact(tx, loginDenied, context, { ...data, outcome: 'denied', reason });
    });
  }
}
