import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { aManifest } from '@entrepot/testing';
import { childOf, nothingLost, recovered, underLoad } from '../support/load.js';
import { rootClient, type Scene } from '../support/scene.js';

/** Each service killed on its own while pushes run: the others say "try again" and go on by themselves. */
export function serviceOutages(scene: () => Scene): void {
  it.each(['catalog', 'iam-authz', 'registry-gateway'])(
    '%s, killed under load, comes back and has lost nothing',
    async (service) => {
      const name = `demo/apps/killed-${service}`;
      const report = await underLoad(scene(), name, async () => {
        await sleep(1000);
        process.kill(childOf(scene(), new RegExp(`apps/${service}/`)), 'SIGKILL');
        // What a gateway heard from iam-authz is good for a second: a push before that would not have missed it.
        await sleep(1500);
        await recovered(scene(), `${name}-again`);
      });
      await nothingLost(scene(), name, report);
    },
    90_000,
  );

  it.each(['scanner-orchestrator', 'retention', 'metrics', 'console'])('%s, killed, stops no push', async (service) => {
    const name = `demo/apps/without-${service}`;
    const report = await underLoad(scene(), name, async () => {
      process.kill(childOf(scene(), new RegExp(`apps/${service}/`)), 'SIGKILL');
      await sleep(1000);
    });
    expect(report.refusals).toEqual([]);
    expect(report.broken).toBe(0);
    await nothingLost(scene(), name, report);
  });

  it('a gateway that cannot hear iam-authz for a second serves nobody, and serves again when it can', async () => {
    const name = 'demo/apps/deaf';
    const root = rootClient(scene().suite);
    try {
      await root.pushImage(name, aManifest({ seed: 'deaf' }), ['1']);
      expect((await root.get(`/v2/${name}/manifests/1`)).status).toBe(200);
      const pid = childOf(scene(), /apps\/iam-authz\//);
      process.kill(pid, 'SIGSTOP');
      const deaf = await sleep(1500)
        .then(() => root.get(`/v2/${name}/manifests/1`))
        .finally(() => process.kill(pid, 'SIGCONT'));
      expect([deaf.status, deaf.code, 'retry-after' in deaf.headers]).toEqual([503, 'UNAVAILABLE', true]);
      await recovered(scene(), `${name}-again`);
      expect((await root.get(`/v2/${name}/manifests/1`)).status).toBe(200);
    } finally {
      root.close();
    }
  }, 60_000);
}
