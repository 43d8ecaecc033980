import { type FactEvent, WriteBatcher } from '@entrepot/platform-messaging';
import { type MetricName, NO_REGISTRY } from './metric.js';
import type { CountedFact, MinuteCountStore } from './minute-count.store.js';

const MINUTE_MS = 60_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What a fact adds: `count` at `at`; one at the fact's own time unless told. */
export interface Addition {
  count?: number;
  at?: Date;
}

/** Adds facts to the counts. Those that arrive while others are being written leave together, as one statement. */
export class FactCounter {
  readonly #batches: WriteBatcher<CountedFact>;

  constructor(
    store: MinuteCountStore,
    private readonly clock: () => Date = () => new Date(),
  ) {
    this.#batches = new WriteBatcher((facts) => store.add(facts));
  }

  /** Resolves when the fact is counted, by this delivery or by an earlier one. */
  async add(
    event: FactEvent<unknown>,
    metric: MetricName,
    { count = 1, at = event.time }: Addition = {},
  ): Promise<void> {
    // Checked here: in the statement it would fail the facts that travel along.
    if (!UUID.test(event.id))
      throw new RangeError(`${JSON.stringify(event.id.slice(0, 64))} is no id of a fact of ours`);
    await this.#batches.write({
      eventId: event.id,
      accountId: event.accountId,
      registryId: event.registryId ?? NO_REGISTRY,
      metric,
      minute: this.#minuteOf(at),
      count,
    });
  }

  // A clock that is ahead of ours must not make a minute that never grows old.
  #minuteOf(at: Date): Date {
    const moment = Math.min(at.getTime(), this.clock().getTime());
    return new Date(moment - (((moment % MINUTE_MS) + MINUTE_MS) % MINUTE_MS));
  }
}
