import type { OutboxRow } from './outbox-rows.js';

/** What became of a batch. Rows after a failed one of the same key were not tried. */
export interface PublishResult {
  published: string[];
  /** Keys with a fact that could not be published, and why not. */
  failed: Map<string, unknown>;
}

/** Publishes all keys at once, and the facts of one key one after another, each when the stream has the one before. */
export async function publishInOrder(
  rows: readonly OutboxRow[],
  publish: (row: OutboxRow) => Promise<void>,
): Promise<PublishResult> {
  const chains = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const key = row.event.orderingKey;
    const chain = chains.get(key);
    if (chain) chain.push(row);
    else chains.set(key, [row]);
  }
  const result: PublishResult = { published: [], failed: new Map() };
  await Promise.all(
    [...chains].map(async ([key, chain]) => {
      try {
        for (const row of chain) {
          await publish(row);
          result.published.push(row.event.id);
        }
      } catch (error) {
        result.failed.set(key, error);
      }
    }),
  );
  return result;
}
