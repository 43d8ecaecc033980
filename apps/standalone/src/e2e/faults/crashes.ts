import { afterEach, expect, it } from '@jest/globals';
import { aBlob, aManifest, openUpload, type RegistryClient, type Suite, UploadSession } from '@entrepot/testing';
import { rootClient, type Scene } from '../support/scene.js';

const NAME = 'demo/apps/crashed';

/** `kill -9` between the steps of a push: what was told 201 is there after the restart, and nothing is there by half. */
export function crashes(scene: () => Scene): void {
  const clients: RegistryClient[] = [];
  // Connections of before the kill are dead, so each life has a client of its own.
  const client = (): RegistryClient => {
    const made = rootClient(scene().suite);
    clients.push(made);
    return made;
  };
  const killed = async (): Promise<RegistryClient> => {
    const { suite } = scene();
    await suite.kill();
    await suite.restart();
    return client();
  };
  afterEach(() => clients.splice(0).forEach((each) => each.close()));

  it('after the POST, a PATCH and the PUT of a blob, and after its manifest', async () => {
    const image = aManifest({ layers: 1, seed: 'crash' });
    const [config, layer] = image.blobs as [typeof image, typeof image];
    let root = client();
    const opened = await openUpload(root, NAME);
    root = await killed();

    let session = new UploadSession(root, opened);
    expect((await session.status()).header('range')).toBe('0-0');
    expect((await session.chunk(layer.bytes.subarray(0, 60))).status).toBe(202);
    const { location } = session;
    root = await killed();

    session = new UploadSession(root, await located(root, location));
    expect((await session.status()).header('range')).toBe('0-59');
    const ended = await root.put(`${location}?digest=${layer.digest}`, layer.bytes.subarray(60));
    expect(ended.status).toBe(201);
    expect((await root.pushBlob(NAME, config)).status).toBe(201);
    root = await killed();

    for (const blob of [layer, config]) {
      expect((await root.get(`/v2/${NAME}/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
    }
    expect((await root.get(`/v2/${NAME}/tags/list`)).json()['tags'] ?? []).toEqual([]);
    expect((await root.pushManifest(NAME, image, { reference: '1' })).status).toBe(201);
    root = await killed();

    expect(await root.tags(NAME)).toEqual(['1']);
    await root.pullImage(NAME, image, '1');
  }, 120_000);

  it('in the middle of many pushes: every 201 is kept, and every tag leads to a whole image', async () => {
    const { suite } = scene();
    const root = client();
    const name = `${NAME}-many`;
    const images = Array.from({ length: 60 }, (_, at) => aManifest({ layers: 2, seed: `crash ${at}` }));
    const acknowledged = new Set<string>();
    const pushes = images.map(async (image, at) => {
      await root.pushImage(name, image, []);
      const { status } = await root.pushManifest(name, image, { reference: `t${at}` });
      if (status === 201) acknowledged.add(`t${at}`);
    });
    await untilSome(acknowledged, 10);
    await suite.kill();
    await Promise.allSettled(pushes);
    await suite.restart();
    const after = client();
    const tags = await after.tags(name);
    expect(tags).toEqual(expect.arrayContaining([...acknowledged]));
    for (const tag of tags) await after.pullImage(name, images[Number(tag.slice(1))] as (typeof images)[0], tag);
    // The same push again finishes what was begun.
    for (const [at, image] of images.entries()) await after.pushImage(name, image, [`t${at}`]);
    expect(await after.tags(name)).toHaveLength(images.length);
  }, 120_000);

  it('leaves no lock, no orphan and no half upload in the way of the next start', async () => {
    const { suite } = scene();
    const before = suite.children().map(({ pid }) => pid);
    const root = await killed();
    for (const pid of before) expect(isOf(suite, pid)).toBe(false);
    const blob = aBlob(100_000, 'after the crash');
    expect((await root.pushBlob(NAME, blob)).status).toBe(201);
    expect((await root.as({ credentials: null }).get('/readyz')).status).toBe(200);
  }, 120_000);
}

/** An answer that has the session's place, to go on with an upload of another life. */
async function located(root: RegistryClient, location: string) {
  const status = await root.get(location);
  expect(status.status).toBe(204);
  return status;
}

async function untilSome(set: ReadonlySet<string>, count: number): Promise<void> {
  const end = Date.now() + 30_000;
  while (set.size < count && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Whether a process of the life before is still a child of this one: its number may have been given to somebody else. */
function isOf(suite: Suite, pid: number): boolean {
  return suite.children().some((child) => child.pid === pid);
}
