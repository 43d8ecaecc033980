import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { ACCESS_TOKEN_SECONDS, TOKEN_ALGORITHM, TOKEN_LEEWAY_SECONDS } from '@entrepot/access';
import type { Database, Transaction } from '@entrepot/platform-persistence';
import type { Pepper } from '../access-keys/secret-mac.js';
import type { Clock } from '../clock.js';
import type { IamLogger } from '../ports.js';
import { sealJwk } from './sealed-jwk.js';
import {
  deleteRetiredKeys,
  insertSigningKey,
  promoteSigningKey,
  readSigningKeys,
  type SigningKeyState,
} from './signing-key.store.js';

/** Verifiers read the key set each minute; after five all have it, even those that failed to read it a few times. */
export const PUBLISHED_BEFORE_SIGNING_MS = 5 * 60_000;

/** A replica may sign with the old key for one more tick; then its last token lives out. */
const TICK_MS = 30_000;
export const RETIRED_BEFORE_GONE_MS = 2 * TICK_MS + (ACCESS_TOKEN_SECONDS + TOKEN_LEEWAY_SECONDS) * 1000 + 5 * 60_000;

/**
 * Rotates the signing keys: publish, wait until every verifier has it, sign, retire until its last token ended, delete. One step at a time under
 * an advisory lock, so replicas don't fight and any of them may do the next step.
 */
export class KeyRotation {
  readonly #sealingKey: Buffer;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly database: Database,
    pepper: Pepper,
    private readonly lifetimeSeconds: number,
    private readonly logger: IamLogger,
    private readonly clock: Clock,
  ) {
    this.#sealingKey = pepper.deriveKey('entrepot signing keys v1');
  }

  /** Makes the first key if there is none, then looks after the keys twice a minute; `onTick` follows each look. */
  async start(onTick: () => Promise<void>): Promise<void> {
    await this.rotate();
    await onTick();
    const tick = () =>
      this.rotate()
        .then(onTick)
        .catch((error: unknown) => this.logger.warn({ err: error }, 'the signing keys could not be looked after'));
    this.#timer = setInterval(() => void tick(), TICK_MS).unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** Does whatever is due now. */
  async rotate(): Promise<void> {
    await this.database.inTransaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('entrepot.iam.signing-keys', 0))`);
      await this.#step(tx, this.clock());
    });
  }

  async #step(tx: Transaction, now: Date): Promise<void> {
    const keys = await readSigningKeys(tx);
    const signing = keys.find(({ state }) => state === 'signing');
    const published = keys.find(({ state }) => state === 'published');
    if (!signing) {
      // Nobody can hold an older set yet, so the first key need not wait.
      await this.#add(tx, 'signing', now);
    } else if (published) {
      const age = now.getTime() - published.publishedAt.getTime();
      if (age >= PUBLISHED_BEFORE_SIGNING_MS) await promoteSigningKey(tx, published.kid, now);
    } else if (now.getTime() - (signing.signingSince ?? signing.publishedAt).getTime() >= this.lifetimeSeconds * 1000) {
      await this.#add(tx, 'published', now);
    }
    await deleteRetiredKeys(tx, new Date(now.getTime() - RETIRED_BEFORE_GONE_MS));
  }

  async #add(tx: Transaction, state: SigningKeyState, now: Date): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { crv: 'Ed25519', extractable: true });
    const bare = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(bare, 'sha256');
    await insertSigningKey(tx, {
      kid,
      state,
      publicJwk: { ...bare, kid, alg: TOKEN_ALGORITHM, use: 'sig' },
      sealedPrivateJwk: sealJwk(await exportJWK(privateKey), kid, this.#sealingKey),
      publishedAt: now,
      signingSince: state === 'signing' ? now : null,
    });
    this.logger.info({ kid, state }, 'a new key for access tokens was made');
  }
}
