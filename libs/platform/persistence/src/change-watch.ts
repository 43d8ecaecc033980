/** What became of a change. `unknown`: the connection broke, and Postgres may make it yet. */
export type ChangeOutcome = 'made' | 'not made' | 'unknown';

/** Somebody who remembers what rows say, and must know when they change: before anybody can see it, and when it is over. */
export interface ChangeWatch {
  /** Whether a statement of this text may change rows that are watched. */
  concerns(text: string): boolean;
  /**
   * Called before the change can be seen; what it resolves to is called with the outcome. Rejects with `DatabaseUnavailable` when nothing may
   * be changed now. `within` names what alone can look different afterwards, in the watcher's words; undefined: anything.
   */
  begin(within: string | undefined): Promise<(outcome: ChangeOutcome) => void>;
}

/** Makes a change that a watcher is told of. `mayHold` tells of an error whether Postgres may have made the change, or make it yet. */
export async function watched<T>(
  watch: ChangeWatch,
  { within, mayHold }: { within: string | undefined; mayHold: (error: unknown) => boolean },
  change: () => Promise<T>,
): Promise<T> {
  const end = await watch.begin(within);
  try {
    const result = await change();
    end('made');
    return result;
  } catch (error) {
    end(mayHold(error) ? 'unknown' : 'not made');
    throw error;
  }
}
