import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { aManifest, type RawReply, type SyntheticManifest } from '@entrepot/testing';
import { rootClient, type Scene } from './scene.js';

/** What pushes and pulls met while something was broken. */
export interface LoadReport {
  /** Images whose tag was acknowledged, by tag. */
  readonly acknowledged: ReadonlyMap<string, SyntheticManifest>;
  /** Answers that were no success. */
  readonly refusals: readonly RawReply[];
  /** Connections that broke. */
  readonly broken: number;
}

/**
 * Four clients push small images, one after the other, `pauseMs` apart, while `act` runs and a moment longer. `act` may wait until so many more
 * pushes are acknowledged.
 */
export async function underLoad(
  { suite }: Pick<Scene, 'suite'>,
  name: string,
  act: (pushes: (count: number) => Promise<void>) => Promise<void>,
  { pauseMs = 0, root = rootClient(suite) } = {},
): Promise<LoadReport> {
  const acknowledged = new Map<string, SyntheticManifest>();
  const refusals: RawReply[] = [];
  let broken = 0;
  let running = true;
  const push = async (tag: string): Promise<void> => {
    const image = aManifest({ layers: 1, seed: `${name} ${tag}` });
    const steps = [
      ...image.blobs.map((blob) => () => root.pushBlob(name, blob)),
      () => root.pushManifest(name, image, { reference: tag }),
    ];
    for (const step of steps) {
      const reply = await step();
      if (reply.status !== 201) return void refusals.push(reply);
    }
    acknowledged.set(tag, image);
  };
  const client = async (number: number): Promise<void> => {
    for (let at = 0; running; at++) {
      const before = acknowledged.size;
      await push(`c${number}-${at}`).catch(() => (broken += 1));
      const failed = acknowledged.size === before;
      if (failed || pauseMs > 0) await sleep(Math.max(pauseMs, failed ? 50 : 0));
    }
  };
  const clients = [1, 2, 3, 4].map(client);
  try {
    await act(async (count) => {
      const wanted = acknowledged.size + count;
      for (const end = Date.now() + 30_000; acknowledged.size < wanted; await sleep(50)) {
        if (Date.now() > end) throw new Error(`${acknowledged.size} of ${wanted} pushes were acknowledged within 30 s`);
      }
    });
  } finally {
    running = false;
    await Promise.all(clients);
    root.close();
  }
  return { acknowledged, refusals, broken };
}

/** Every acknowledged push is there, byte for byte, and every refusal was "try again". */
export async function nothingLost(scene: Scene, name: string, report: LoadReport): Promise<void> {
  const root = rootClient(scene.suite);
  try {
    expect(report.acknowledged.size).toBeGreaterThan(0);
    for (const [tag, image] of report.acknowledged) await root.pullImage(name, image, tag);
    const refusals = report.refusals.map(({ status, headers }) => [status, 'retry-after' in headers]);
    expect(refusals).toEqual(refusals.map(() => [503, true]));
  } finally {
    root.close();
  }
}

/** Resolves when a push succeeds again; rejects after `withinMs`, with the last refusal. Nothing is restarted by hand. */
export async function recovered({ suite }: Scene, name: string, withinMs = 30_000): Promise<void> {
  const root = rootClient(suite);
  const end = Date.now() + withinMs;
  try {
    for (let at = 0; ; at++) {
      const outcome = await root
        .pushImage(name, aManifest({ seed: `${name} recovered ${end} ${at}` }), ['r'])
        .catch(String);
      if (outcome === undefined) return;
      if (Date.now() > end) throw new Error(`no push succeeded within ${withinMs} ms: ${outcome}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    root.close();
  }
}

/** Resolves when the suite says of itself that nothing is missing; rejects after `withinMs`, with what is. */
export async function isReady({ suite }: Pick<Scene, 'suite'>, withinMs = 30_000): Promise<void> {
  const client = rootClient(suite).as({ credentials: null });
  const end = Date.now() + withinMs;
  try {
    for (;;) {
      const { status, text } = await client.get('/readyz');
      if (status === 200) return;
      if (Date.now() > end) throw new Error(`not ready within ${withinMs} ms: ${text}`);
      await sleep(100);
    }
  } finally {
    client.close();
  }
}

/** The process that the suite started whose command line matches. */
export function childOf({ suite }: Scene, command: RegExp): number {
  const found = suite.children().find((child) => command.test(child.command));
  if (!found)
    throw new Error(
      `no ${command} among ${suite
        .children()
        .map((child) => child.command)
        .join('\n')}`,
    );
  return found.pid;
}
