import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { isRunning } from '@entrepot/platform-embedded';
import { aBlob, type Content, type RegistryClient } from '@entrepot/testing';
import type { LaterClock } from '../support/later-clock.js';
import { childOf } from '../support/load.js';
import { rootClient, type Scene } from '../support/scene.js';
import { addedBy, bytesInDirectory, changedByte, harmStored } from './stored-bytes.js';

const NAME = 'demo/apps/scrubbed';
const WITHIN_MS = 90_000;
const INTERVAL_SECONDS = 3_600;
/** Later than the lease of what the killed scrub had claimed; what it had verified isn't due yet. */
const LEASE_SECONDS = 900;
const SLOWLY = { ENTREPOT_SCRUB_BYTES_PER_SECOND: '256KiB' };

/** Nothing is read back before a test wants it. */
export const NO_SCRUB_YET = {
  ENTREPOT_SCRUB_BYTES_PER_SECOND: '0',
  ENTREPOT_SCRUB_INTERVAL_SECONDS: String(INTERVAL_SECONDS),
};

/** Blobs by their place in the scrub's order. It claims sixteen at a time, so these lie in its first, second and third claim. */
const COUNT = 40;
const IN_FIRST = 3;
const VERIFIED = 5;
const BEGINS_SECOND = 16;
/** So long that the scrub reads it for a dozen seconds. */
const LARGE = 17;
const BEHIND_LARGE = 20;
const IN_THIRD = 35;

interface Status {
  oldestVerifiedAt: string | null;
  damagedBlobs: { digest: string }[];
}

/** `kill -9` of the process that scrubs, in the middle of a blob in the middle of a pass. */
export function killedScrub(scene: () => Scene, clock: LaterClock): void {
  const clients: RegistryClient[] = [];
  const client = (): RegistryClient => {
    const made = rootClient(scene().suite);
    clients.push(made);
    return made;
  };
  afterEach(() => clients.splice(0).forEach((each) => each.close()));

  it('goes on behind what it has verified, finds all that is damaged, and sets nothing aside that is right', async () => {
    const { suite, registryId, root } = scene();
    const stored = bytesInDirectory(suite.dataDirectory);
    const blobs = Array.from({ length: COUNT }, (_, at) =>
      aBlob(at === LARGE ? 3 * 1024 * 1024 : 2_000, `scrub ${at}`),
    );
    const kept: string[] = [];
    for (const blob of blobs) kept.push(...(await addedBy(stored, () => root.pushBlob(NAME, blob))));
    const harm = (at: number) => harmStored(stored, kept[at]!, changedByte);
    for (const at of [IN_FIRST, BEGINS_SECOND, BEHIND_LARGE, IN_THIRD]) await harm(at);

    await clock.later(2 * INTERVAL_SECONDS);
    const began = Date.now() + 2 * INTERVAL_SECONDS * 1_000;
    await suite.restart(SLOWLY);
    await until(client(), registryId, (status) => places(blobs, status).includes(BEGINS_SECOND));
    // Read, and found right, a moment ago: only who begins again from the first one meets it.
    await harm(VERIFIED);
    const before = await statusOf(client(), registryId);
    expect(places(blobs, before!)).toEqual([IN_FIRST, BEGINS_SECOND]);
    await killScrubber(scene());
    await clock.later(2 * INTERVAL_SECONDS + LEASE_SECONDS);
    if (suite.composition === 'standalone') await suite.restart(SLOWLY);

    const after = client();
    const passed = await until(
      after,
      registryId,
      ({ oldestVerifiedAt }) => Date.parse(oldestVerifiedAt ?? '') >= began,
    );
    expect(places(blobs, passed)).toEqual([IN_FIRST, BEGINS_SECOND, BEHIND_LARGE, IN_THIRD]);
    for (const [at, blob] of blobs.entries()) {
      if (at === VERIFIED) continue;
      const pulled = await after.get(`/v2/${NAME}/blobs/${blob.digest}`);
      if (places(blobs, passed).includes(at)) expect([at, pulled.status]).toEqual([at, 404]);
      else expect([at, pulled.status, pulled.body.equals(blob.bytes)]).toEqual([at, 200, true]);
    }
    expect((await after.head(`/v2/${NAME}/blobs/${blobs[VERIFIED]!.digest}`)).status).toBe(200);

    // It was damaged indeed: a pull meets it, and has it read at once.
    await after.get(`/v2/${NAME}/blobs/${blobs[VERIFIED]!.digest}`).catch(() => null);
    const all = [IN_FIRST, VERIFIED, BEGINS_SECOND, BEHIND_LARGE, IN_THIRD];
    await until(after, registryId, (status) => places(blobs, status).length === all.length);
    for (const at of all) {
      expect((await after.pushBlob(NAME, blobs[at]!)).status).toBe(201);
      const pulled = await after.get(`/v2/${NAME}/blobs/${blobs[at]!.digest}`);
      expect([at, pulled.status, pulled.body.equals(blobs[at]!.bytes)]).toEqual([at, 200, true]);
    }
  }, 240_000);
}

/** In one process it is the suite itself; apart, a catalog, which is started again by itself. */
async function killScrubber(scene: Scene): Promise<void> {
  if (scene.suite.composition === 'standalone') return scene.suite.kill();
  const pid = childOf(scene, /apps\/catalog\//);
  process.kill(pid, 'SIGKILL');
  while (isRunning(pid)) await sleep(5);
}

/** Where the damaged blobs are in the scrub's order. */
function places(blobs: readonly Content[], { damagedBlobs }: Status): number[] {
  const damaged = damagedBlobs.map(({ digest }) => blobs.findIndex((blob) => blob.digest === digest));
  return damaged.toSorted((a, b) => a - b);
}

/** Null while the service that tells is on its way back. */
async function statusOf(client: RegistryClient, registryId: string): Promise<Status | null> {
  const reply = await client.get(`/api/v1/registries/${registryId}/scrub`).catch(() => null);
  return reply?.status === 200 ? (reply.json() as unknown as Status) : null;
}

async function until(client: RegistryClient, registryId: string, wished: (status: Status) => boolean): Promise<Status> {
  const end = Date.now() + WITHIN_MS;
  for (;;) {
    const status = await statusOf(client, registryId);
    if (status && wished(status)) return status;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(status)}`);
    await sleep(50);
  }
}
