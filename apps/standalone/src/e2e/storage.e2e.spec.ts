import { afterAll, describe } from '@jest/globals';
import {
  FaultProxy,
  hasMinio,
  type S3Server,
  startMinio,
  startSeaweedfs,
  TestBucket,
  testComposition,
} from '@entrepot/testing';
import { chunksAnywhere } from './replicas/chunks-anywhere.js';
import { slowPullsFromS3 } from './slow-pulls/slow-pulls.js';
import { contestedPushes } from './storage/contested-pushes.js';
import { directDownloads } from './storage/direct-downloads.js';
import { storageOutages } from './storage/outages.js';
import { pushAndPull } from './storage/push-and-pull.js';
import { storageRefusals } from './storage/refusals.js';
import { s3Settings, sharedBucket, type Stage } from './storage/stage.js';
import { storeCommand } from './storage/store-command.js';
import { TWO_OF_EACH, useBalancer } from './support/replicas.js';
import { useSuite } from './support/scene.js';

// In one process each registry has its bucket; separate ones share one bucket, and there are two gateways and two catalogs.
// How servers differ, what a start refuses and the command are shown in one process: separate ones take minutes for the same.
const alone = testComposition() === 'standalone';
const SERVERS = [
  ['SeaweedFS', startSeaweedfs] as const,
  ...(alone && hasMinio() ? [['MinIO', startMinio] as const] : []),
];

describe.each(SERVERS)('blobs in %s', (name, start) => {
  let server: S3Server;
  let proxy: FaultProxy;
  let shared: TestBucket | null = null;
  const scene = useSuite(async () => {
    server = await start();
    proxy = await FaultProxy.start(server.endpoint);
    const env = s3Settings(server, proxy.endpoint);
    if (alone) return { env };
    shared = await TestBucket.make(server);
    return { env: { ...env, ...sharedBucket(shared), ...TWO_OF_EACH } };
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });
  const stage = (): Stage => ({ ...scene(), server, proxy, shared });

  describe('push and pull', () => pushAndPull(stage));
  describe('direct downloads', () => directDownloads(stage));
  describe('pushes that meet others', () => contestedPushes(stage));
  // The faults are the proxy's: another server would show the same.
  if (name !== 'SeaweedFS') return;
  if (alone) describe('many slow clients', () => slowPullsFromS3(scene));
  else describe('chunks in several gateways', () => chunksAnywhere(useBalancer(scene)));
  describe('when the store fails', () => storageOutages(stage));
  if (!alone) return;
  describe('the store command', () => storeCommand(stage));
  describe('at start', () => storageRefusals(stage));
});
