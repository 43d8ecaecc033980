import { QuestionBatcher } from '@entrepot/platform-messaging';
import type { PushedScan } from './scan.js';
import type { ScanStore } from './scan.store.js';

/** Records pushes. Those that arrive while others are being written leave together, in one transaction. */
export class PushRecorder {
  readonly #batches: QuestionBatcher<PushedScan, true>;

  constructor(store: Pick<ScanStore, 'pushed'>) {
    this.#batches = new QuestionBatcher<PushedScan, true>({
      // More than one would only wait for each other's registries.
      maxInFlight: 1,
      ask: async (scans) => {
        await store.pushed(scans);
        return scans.map(() => true);
      },
    });
  }

  /** Resolves when the push is recorded. */
  async record(scan: PushedScan): Promise<void> {
    await this.#batches.ask(scan);
  }
}
