import { ConfigInvalid } from '@entrepot/platform-config';
import { flushLogs } from '@entrepot/platform-observability';

/** Waits for a service's start. A refusal (one of `sentences`, or settings that make none) is told in its own words, and the process ends with 1. */
export async function orRefuse<T>(
  start: Promise<T>,
  sentences: readonly (abstract new (...args: never[]) => Error)[] = [],
): Promise<T> {
  try {
    return await start;
  } catch (error) {
    if (![ConfigInvalid, ...sentences].some((kind) => error instanceof kind)) throw error;
    flushLogs();
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
