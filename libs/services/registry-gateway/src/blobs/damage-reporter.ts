import { BlobCorrupt, BlobMissing, isUnreadable } from '@entrepot/blob-store';
import { suspectBlob } from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';
import { type Logger, messageOf } from '@entrepot/platform-observability';

/** A blob that many pull is told of once in this time, by each gateway. */
const AGAIN_MS = 10_000;
/** Beyond it the oldest is forgotten, which costs another telling. */
const MAX_KNOWN = 1_000;

/** Tells the catalog of stored bytes that a pull found wrong, gone or unreadable, so that its scrub looks at them soon. Costs good reads nothing. */
export class DamageReporter {
  readonly #toldAt = new Map<string, number>();

  constructor(
    private readonly messages: Pick<MessageClient, 'ask'>,
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Looks whether an error of a read is about damage. Never throws, and nobody waits for it. */
  met(error: unknown, registryId: string, digest: string): void {
    if (!isDamage(error)) return;
    const key = `${registryId}/${digest}`;
    const told = this.#toldAt.get(key);
    if (told !== undefined && this.now() - told < AGAIN_MS) return;
    this.#toldAt.delete(key);
    this.#toldAt.set(key, this.now());
    if (this.#toldAt.size > MAX_KNOWN) this.#toldAt.delete(this.#toldAt.keys().next().value ?? '');
    this.messages.ask(suspectBlob, { registryId, digest }).catch((err: unknown) => {
      this.#toldAt.delete(key);
      this.logger.warn(
        { reason: messageOf(err), digest },
        'damage could not be told to the catalog; its scrub will find it',
      );
    });
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof BlobCorrupt || error instanceof BlobMissing || isUnreadable(error);
}
