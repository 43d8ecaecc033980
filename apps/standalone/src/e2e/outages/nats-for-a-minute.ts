import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { aManifest, openUpload, type RawReply, type SyntheticManifest, testComposition } from '@entrepot/testing';
import { isReady, nothingLost, recovered, underLoad } from '../support/load.js';
import { rootClient, type Scene } from '../support/scene.js';
import type { SwitchableNats } from '../support/switchable-nats.js';
import { everyPushIsTold } from '../support/told.js';

/** Where no request needs NATS, a shorter time shows the same. */
const GONE_MS = testComposition() === 'services' ? 60_000 : 15_000;
/** After it nobody waits any more for a connection that may come back at once. */
const NOTICED_MS = 2_000;
const IMAGE = 'nats-gone';
const NAME = `demo/apps/${IMAGE}`;

/** nats-server ended for a whole minute, under load. In one process only the events need it; between processes everything does. */
export function natsForAMinute(scene: () => Scene, nats: SwitchableNats): void {
  const what =
    testComposition() === 'services'
      ? 'gone for a minute, is answered with 503 and when to try again'
      : 'gone for a while, stops no request';
  it(`NATS, ${what}; all goes on by itself, and no event is lost`, async () => {
    const known = aManifest({ seed: 'known before' });
    await scene().root.pushImage(NAME, known, ['known']);
    const answers: Answered[] = [];
    const report = await underLoad(
      scene(),
      NAME,
      async (pushes) => {
        await pushes(4);
        nats.away(scene());
        const end = Date.now() + GONE_MS;
        try {
          for (await sleep(NOTICED_MS); Date.now() < end; await sleep(1000)) answers.push(...(await askAll(known)));
        } finally {
          nats.back();
        }
        await isReady(scene());
        await recovered(scene(), `${NAME}-again`);
        await pushes(4);
      },
      { pauseMs: 250 },
    );
    expect(answers.filter(({ expected, got }) => expected !== got)).toEqual([]);
    if (testComposition() === 'standalone') expect(report.refusals).toEqual([]);
    await nothingLost(scene(), NAME, report);
    await scene().root.pullImage(NAME, known, 'known');
    await everyPushIsTold(scene(), IMAGE, ['known', ...report.acknowledged.keys()]);
  }, 240_000);

  /** One request of each kind, as a client that knows nothing of the others. */
  async function askAll(known: SyntheticManifest): Promise<Answered[]> {
    const root = rootClient(scene().suite);
    const ready = await root.as({ credentials: null }).get('/readyz');
    const asked: [what: string, success: number, reply: Promise<RawReply>][] = [
      ['manifest by tag', 200, root.get(`/v2/${NAME}/manifests/known`)],
      ['manifest by digest', 200, root.head(`/v2/${NAME}/manifests/${known.digest}`)],
      ['blob', 200, root.get(`/v2/${NAME}/blobs/${known.blobs[0]?.digest}`)],
      ['tags', 200, root.get(`/v2/${NAME}/tags/list`)],
      ['upload', 202, openUpload(root, NAME)],
      ['manifest push', 201, root.pushManifest(NAME, known, { reference: 'known' })],
      ['token', 200, root.get(`/token?service=${scene().suite.host}`)],
      ['management', 200, root.get('/api/v1/registries')],
    ];
    try {
      const answered = asked.map(async ([what, success, reply]) => told(what, success, await reply));
      return [...(await Promise.all(answered)), { what: 'readyz', expected: '503 nats', got: missing(ready) }];
    } finally {
      root.close();
    }
  }
}

interface Answered {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

function told(what: string, success: number, { status, headers }: RawReply): Answered {
  const expected = testComposition() === 'services' ? '503 retry-after' : String(success);
  return { what, expected, got: `${status}${'retry-after' in headers ? ' retry-after' : ''}` };
}

function missing(reply: RawReply): string {
  const { missing = [] } = reply.json<{ missing?: { name: string }[] }>();
  return `${reply.status} ${missing.some(({ name }) => name === 'nats') ? 'nats' : 'without nats'}`;
}
