import { afterAll, describe, expect, it } from '@jest/globals';
import { startSuite, testComposition } from '@entrepot/testing';
import { anyReplica } from './replicas/any-replica.js';
import { chunksAnywhere } from './replicas/chunks-anywhere.js';
import { longPushes } from './replicas/long-pushes.js';
import { stalledCatalog } from './replicas/stalled-catalog.js';
import { LaterClock } from './support/later-clock.js';
import { useReplicas } from './support/replicas.js';

describe('several gateways and catalogs', () => {
  if (testComposition() === 'standalone') {
    it('are not for npm start, which says so', async () => {
      const start = startSuite({ env: { ENTREPOT_CATALOGS: '2' } });
      await expect(start).rejects.toThrow(/one of everything.*npm run start:services/);
    });
    return;
  }
  const clock = new LaterClock();
  const replicas = useReplicas(clock.env);
  // After the suite has ended.
  afterAll(() => clock.remove());
  describe('take any chunk of any upload', () => {
    chunksAnywhere(replicas);
    anyReplica(replicas);
  });
  describe('go on when a catalog stalls', () => stalledCatalog(replicas));
  // Last, as it changes the time.
  describe('take a push that outlives its token', () => longPushes(replicas, clock));
});
