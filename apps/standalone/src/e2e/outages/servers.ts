import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { aManifest } from '@entrepot/testing';
import { childOf, nothingLost, recovered, underLoad } from '../support/load.js';
import type { Scene } from '../support/scene.js';
import { everyPushIsTold } from '../support/told.js';

/** Postgres and NATS, killed and held up while pushes run. */
export function serverOutages(scene: () => Scene): void {
  it.each(['SIGKILL', 'SIGINT'] as const)(
    'Postgres, ended by %s under load, comes back and has lost nothing',
    async (signal) => {
      const name = `demo/apps/postgres-${signal.toLowerCase()}`;
      const report = await underLoad(scene(), name, async () => {
        await sleep(1000);
        process.kill(childOf(scene(), /bin\/postgres/), signal);
        await sleep(500);
        await recovered(scene(), `${name}-again`);
      });
      // Else the outage was over before anybody noticed, and this test proves nothing.
      expect(report.refusals.length).toBeGreaterThan(0);
      await nothingLost(scene(), name, report);
    },
    90_000,
  );

  it('NATS, killed under load, comes back, and no event is lost', async () => {
    const name = 'demo/apps/nats-killed';
    const report = await underLoad(scene(), name, async () => {
      await sleep(1000);
      process.kill(childOf(scene(), /nats-server/), 'SIGKILL');
      await sleep(500);
      await recovered(scene(), `${name}-again`);
    });
    await nothingLost(scene(), name, report);
    await everyPushIsTold(scene(), 'nats-killed', report.acknowledged.keys());
  }, 120_000);

  it('NATS, held up for eight seconds, makes nobody wait for ever, and no event is lost', async () => {
    const name = 'demo/apps/nats-held';
    const pid = childOf(scene(), /nats-server/);
    const report = await underLoad(scene(), name, async () => {
      await sleep(500);
      process.kill(pid, 'SIGSTOP');
      try {
        await sleep(8000);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await recovered(scene(), `${name}-again`);
    });
    await nothingLost(scene(), name, report);
    await everyPushIsTold(scene(), 'nats-held', report.acknowledged.keys());
  }, 120_000);

  it('Postgres, held up, is answered with 503 that says when to try again, and pulls go on after it', async () => {
    const { root } = scene();
    const name = 'demo/apps/postgres-held';
    const image = aManifest({ seed: 'postgres held' });
    await root.pushImage(name, image, ['1']);
    const pids = [childOf(scene(), /bin\/postgres/), ...descendants(childOf(scene(), /bin\/postgres/))];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const replies = await Promise.all([
      root.get(`/v2/${name}/manifests/1`),
      root.pushManifest(name, image, { reference: '2' }),
      root.get(`/v2/${name}/tags/list`),
    ]).finally(() => {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    });
    const answers = replies.map(({ status, headers }) => [status, 'retry-after' in headers]);
    expect(answers).toEqual(answers.map(() => [503, true]));
    await recovered(scene(), `${name}-again`);
    await root.pullImage(name, image, '1');
  }, 120_000);
}

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return [...children, ...children.flatMap(descendants)];
}
