import { type BlobStore, StorageRefused } from '@entrepot/blob-store';
import { findInstallation } from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';

/** What was found to be so is not asked again for so long: a store changes hands by an operator's hand alone. */
const TRUSTED_MS = 60_000;

/**
 * Whether a gateway writes to the store that the catalog's rows are about. Were it another one, its pushes would be acknowledged and could be
 * pulled through no other gateway.
 */
export class SameStore {
  #trustedUntil = -Infinity;

  constructor(
    private readonly messages: Pick<MessageClient, 'ask'>,
    private readonly store: Pick<BlobStore, 'identity'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** At start. Throws `StorageRefused` when the store is another installation's; what can't be found out now is left to `check`. */
  async refuseAnother(): Promise<void> {
    await this.check().catch((error: unknown) => {
      if (error instanceof StorageRefused) throw error;
    });
  }

  /** For readiness: rejects with the reason. */
  async check(): Promise<void> {
    if (this.now() < this.#trustedUntil) return;
    const [{ installation }, identity] = await Promise.all([
      this.messages.ask(findInstallation, {}),
      this.store.identity(),
    ]);
    // The catalog claims it when it starts.
    if (identity === null) throw new Error('the blob store is of no installation yet');
    if (identity.installation !== installation) {
      throw new StorageRefused(
        `it belongs to the installation ${identity.installation}, and the catalog to ${installation}`,
      );
    }
    this.#trustedUntil = this.now() + TRUSTED_MS;
  }
}
