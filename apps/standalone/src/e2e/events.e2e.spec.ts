import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aManifest, sendBytes } from '@entrepot/testing';
import { EventReader, type HeardEvent } from './support/event-reader.js';
import { useSuite } from './support/scene.js';

// Pulls and refusals are told each second instead of every fifteen, so that nobody waits for them.
const scene = useSuite({ env: { ENTREPOT_ACTIVITY_INTERVAL: '1' } });
const ACCOUNT = '000000000001';

/** What a subscriber with an account's own credentials hears, through the consumer that the documentation gives it. */
describe('events', () => {
  let reader: EventReader;
  beforeAll(() => {
    reader = EventReader.start(scene().suite);
  });
  afterAll(() => reader?.stop());
  const of = (image: string) => (event: HeardEvent) => event.data['image'] === image;
  const types = (events: readonly HeardEvent[]) => events.map(({ type }) => type.replace(/\.v1$/, ''));

  it('begin with what the first start made', async () => {
    const made = await reader.heard(({ type }) => /^re(gistry|pository)\.created/.test(type), 3);
    expect(made.map(({ data }) => [data['registry'], data['repository']])).toEqual([
      ['demo', undefined],
      ['demo', 'apps'],
      ['demo', 'charts'],
    ]);
  });

  it('tell a push, a moved tag and deletes, in the order in which they happened', async () => {
    const { root, suite, registryId } = scene();
    const name = 'demo/apps/told';
    const [first, second] = [aManifest({ seed: 'told 1' }), aManifest({ seed: 'told 2' })];
    await root.pushImage(name, first, ['latest']);
    await root.pushImage(name, second, ['latest']);
    await root.delete(`/v2/${name}/manifests/latest`);
    await root.delete(`/v2/${name}/manifests/${first.digest}`);
    const heard = await reader.heard(of('told'), 7);
    expect(types(heard)).toEqual([
      ...['image.created', 'tag.created', 'image.pushed'],
      ...['tag.moved', 'image.pushed'],
      ...['tag.deleted', 'manifest.deleted'],
    ]);
    const place = { registryId, registry: 'demo', repository: 'apps', image: 'told', actor: suite.rootAccessKey };
    for (const { data } of heard) expect(data).toMatchObject(place);
    const moved = heard.find(({ type }) => type.startsWith('tag.moved'));
    expect(moved?.data).toMatchObject({ tag: 'latest', digest: second.digest, previousDigest: first.digest });
  });

  it('are told once in effect: a retry that changes nothing says nothing', async () => {
    const { root } = scene();
    const name = 'demo/apps/told-once';
    const manifest = aManifest({ seed: 'told once' });
    for (let push = 0; push < 3; push++) await root.pushImage(name, manifest, ['1']);
    await root.pushManifest(name, manifest, { reference: '2' });
    const heard = await reader.heard(
      ({ type, data }) => type.startsWith('tag.created') && data['tag'] === '2' && data['image'] === 'told-once',
    );
    expect(heard).toHaveLength(1);
    await reader.heard((event) => of('told-once')(event) && event.type.startsWith('image.pushed'), 2);
    const all = reader.events.filter(of('told-once'));
    expect(types(all)).toEqual(['image.created', 'tag.created', 'image.pushed', 'tag.created', 'image.pushed']);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it('tell pulls, added up, and refusals', async () => {
    const { root, api } = scene();
    const name = 'demo/apps/pulled';
    const manifest = aManifest({ seed: 'pulled' });
    await root.pushImage(name, manifest, ['1']);
    for (let pull = 0; pull < 7; pull++) await root.get(`/v2/${name}/manifests/1`);
    await root.head(`/v2/${name}/manifests/1`);
    const nobody = root.as({ credentials: await api.someone('event-nobody', []) });
    await nobody.get(`/v2/${name}/manifests/1`);
    await nobody.post(`/v2/${name}/blobs/uploads/`);
    const kind = (type: string) => (event: HeardEvent) => event.type.startsWith(type) && of('pulled')(event);
    await reader.heard(kind('image.pulled'));
    const count = async () => {
      const sum = () =>
        reader.events.filter(kind('image.pulled')).reduce((total, { data }) => total + Number(data['count']), 0);
      for (const end = Date.now() + 15_000; sum() < 7 && Date.now() < end;) await sleep(50);
      return sum();
    };
    expect(await count()).toBe(7);
    const [denied] = await reader.heard(kind('image.pull.denied'));
    expect(denied?.data).toMatchObject({ repository: 'apps', actor: nobody.options.credentials?.accessKey });
    await reader.heard(kind('image.push.denied'));
  });

  it('tell logins that succeed and that fail, and no secret', async () => {
    const { root, api } = scene();
    const someone = await api.someone('event-login', ['ScrPullOnlyAccess']);
    await root.as({ credentials: someone }).get('/v2/');
    await root.as({ credentials: { ...someone, secret: 'not the secret' } }).get('/v2/');
    const mine = (type: string) => (event: HeardEvent) =>
      event.type.startsWith(type) && event.data['accessKey'] === someone.accessKey;
    expect((await reader.heard(mine('login.succeeded')))[0]?.data).toMatchObject({ user: 'event-login' });
    await reader.heard(mine('login.denied'));
    const text = JSON.stringify(reader.events);
    for (const secret of [someone.secret, 'not the secret', scene().suite.rootSecret])
      expect(text).not.toContain(secret);
  });

  it('are lost by no kill: what was pushed before it is told after it, once', async () => {
    const { root, suite } = scene();
    await reader.stop();
    const name = 'demo/apps/told-later';
    const manifests = Array.from({ length: 20 }, (_, at) => aManifest({ layers: 0, seed: `told later ${at}` }));
    for (const [at, manifest] of manifests.entries()) await root.pushImage(name, manifest, [`t${at}`]);
    await suite.kill();
    await suite.restart();
    reader = EventReader.start(suite);
    const pushed = (event: HeardEvent) => of('told-later')(event) && event.type.startsWith('image.pushed');
    await reader.heard(pushed, 20, 30_000);
    const told = reader.events.filter(pushed);
    const once = [...new Map(told.map((event) => [event.id, event])).values()];
    expect(once.map(({ data }) => data['digest'])).toEqual(manifests.map(({ digest }) => digest));
  }, 120_000);

  it.each([
    ['SUB events.> 1', 'Subscription to "events.>"'],
    ['SUB events.000000000002.> 1', 'Subscription to "events.000000000002.>"'],
    ['SUB catalog.> 1', 'Subscription to "catalog.>"'],
    ['SUB > 1', 'Subscription to ">"'],
    ['SUB $JS.API.> 1', 'Subscription to "$JS.API.>"'],
    ['PUB events.000000000001._.forged.v1 2\r\n{}', 'Publish to "events.000000000001._.forged.v1"'],
    ['PUB catalog.lookup.v1 2\r\n{}', 'Publish to "catalog.lookup.v1"'],
    ['PUB $JS.API.STREAM.PURGE.ENTREPOT_EVENTS 0\r\n', 'Publish to "$JS.API.STREAM.PURGE.ENTREPOT_EVENTS"'],
    ['PUB $JS.API.STREAM.MSG.GET.ENTREPOT_EVENTS 0\r\n', 'Publish to "$JS.API.STREAM.MSG.GET.ENTREPOT_EVENTS"'],
  ])('let an account’s credentials do no more than hear its own: %s', async (line, refused) => {
    expect(await asSubscriber(line)).toMatch(new RegExp(`Permissions Violation for ${escaped(refused)}`, 'i'));
  });

  it('let nobody in without credentials', async () => {
    const { port } = bus();
    const answer = await sendBytes(port, 'CONNECT {"verbose":true,"pedantic":false}\r\nSUB events.> 1\r\n');
    expect(answer).toContain('Authorization Violation');
  });

  function bus() {
    const { dataDirectory } = scene().suite;
    return {
      port: Number(readFileSync(join(dataDirectory, 'run/nats-port'), 'utf8')),
      user: `account-${ACCOUNT}`,
      pass: readFileSync(join(dataDirectory, `secrets/nats-account-${ACCOUNT}`), 'utf8').trim(),
    };
  }

  /** Speaks NATS by hand: what a client library would not even try must be refused by the server. */
  async function asSubscriber(line: string): Promise<string> {
    const { port, user, pass } = bus();
    const connect = JSON.stringify({ verbose: false, pedantic: false, user, pass, headers: true });
    return sendBytes(port, `CONNECT ${connect}\r\n${line}\r\nPING\r\n`);
  }
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
