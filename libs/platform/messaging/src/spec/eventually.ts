import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `probe` is true; fails after `withinMs`. */
export async function eventually(probe: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await probe())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${String(probe)}`);
    await sleep(10);
  }
}
