import { afterAll, describe } from '@jest/globals';
import { FaultProxy, hasMinio, type S3Server, startMinio, startSeaweedfs, testComposition } from '@entrepot/testing';
import { contestedPushes } from './storage/contested-pushes.js';
import { directDownloads } from './storage/direct-downloads.js';
import { storageOutages } from './storage/outages.js';
import { pushAndPull } from './storage/push-and-pull.js';
import { storageRefusals } from './storage/refusals.js';
import { s3Settings, type Stage } from './storage/stage.js';
import { storeCommand } from './storage/store-command.js';
import { useSuite } from './support/scene.js';

// How servers differ, what a start refuses and the command are shown in one process: separate ones take minutes for the same.
const alone = testComposition() === 'standalone';
const SERVERS = [
  ['SeaweedFS', startSeaweedfs] as const,
  ...(alone && hasMinio() ? [['MinIO', startMinio] as const] : []),
];

describe.each(SERVERS)('blobs in %s', (_name, start) => {
  let server: S3Server;
  let proxy: FaultProxy;
  const scene = useSuite(async () => {
    server = await start();
    proxy = await FaultProxy.start(server.endpoint);
    return { env: s3Settings(server, proxy.endpoint) };
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });
  const stage = (): Stage => ({ ...scene(), server, proxy });

  describe('push and pull', () => pushAndPull(stage));
  describe('direct downloads', () => directDownloads(stage));
  describe('when the store fails', () => storageOutages(stage));
  describe('pushes that meet others', () => contestedPushes(stage));
  if (!alone) return;
  describe('the store command', () => storeCommand(stage));
  describe('at start', () => storageRefusals(stage));
});
