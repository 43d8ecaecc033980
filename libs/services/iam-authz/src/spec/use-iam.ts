import { afterAll, beforeAll, jest } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@entrepot/testing';
import { startIam, type IamApp, type IamAppOptions } from './iam-app.js';

/** A first start opens, migrates and seeds a database; on a busy machine that takes many times the second it needs. */
const START_WITHIN_MS = 90_000;
const CLOSE_WITHIN_MS = 60_000;

/** What the tests of a file run on: replicas of the service on one database, each with its own bus. */
export interface Stage {
  scratch: TestDatabase;
  apps: IamApp[];
}

/**
 * Starts a stage before the tests of the file and ends it after them. Whatever was begun is ended, also what was still starting when Jest
 * stopped waiting for it: its connections would else keep the run alive.
 */
export function useIam(
  ready: (stage: Stage) => void | Promise<void>,
  { replicas = 1, ...options }: { replicas?: number } & Omit<IamAppOptions, 'url'> = {},
): void {
  jest.setTimeout(30_000);
  let starting: Promise<Stage> | null = null;
  beforeAll(async () => {
    starting = startStage(replicas, options);
    await ready(await starting);
  }, START_WITHIN_MS);
  afterAll(async () => {
    const stage = await starting?.catch(() => null);
    if (stage) await endStage(stage);
  }, CLOSE_WITHIN_MS);
}

async function startStage(replicas: number, options: Omit<IamAppOptions, 'url'>): Promise<Stage> {
  const scratch = await testDatabase();
  const starts = Array.from({ length: replicas }, () => startIam({ ...options, url: scratch.url }));
  const apps = await settledApps(starts);
  const failed = (await Promise.allSettled(starts)).find((start) => start.status === 'rejected');
  if (!failed) return { scratch, apps };
  await endStage({ scratch, apps });
  throw failed.reason;
}

async function endStage({ scratch, apps }: Stage): Promise<void> {
  for (const app of apps) await app.close();
  await scratch.drop();
}

/** Those that did start, once none is starting any more. */
export async function settledApps(starts: readonly Promise<IamApp>[]): Promise<IamApp[]> {
  const settled = await Promise.allSettled(starts);
  return settled.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
}
