import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { aManifest, type RawReply, type SyntheticManifest } from '@entrepot/testing';
import { EventReader } from '../support/event-reader.js';
import { nothingLost, underLoad } from '../support/load.js';
import { catalogsOf, type Replicas } from '../support/replicas.js';
import { historyOf } from '../support/tag-history.js';
import { everyPushIsTold } from '../support/told.js';

/** Within it Postgres has ended the stalled replica's transactions. */
const LET_GO_MS = 11_000;

/** A catalog that neither ends nor answers: as a process that was stopped, or whose host hangs. NATS goes on giving it questions for a while. */
export function stalledCatalog(replicas: () => Replicas): void {
  let reader: EventReader;
  beforeEach(() => void (reader = EventReader.start(replicas().suite)));
  afterEach(() => reader.stop());

  it.each([0, 1])(
    'catalog %i stalls under load: pulls and pushes go on, nothing is wrong, lost or done late when it wakes up',
    async (which) => {
      const { balanced } = replicas();
      const image = `stalled-${which}`;
      const name = `demo/apps/${image}`;
      const known = aManifest({ seed: `known ${which}` });
      await balanced.pushImage(name, known, ['known']);
      const pid = catalogsOf(replicas())[which] as number;
      const pulls = new Pulls(replicas(), name, known);
      const mover = new TagMover(replicas(), `${name}-moved`);
      let calm: number[] = [];
      const report = await underLoad(
        replicas(),
        name,
        async () => {
          await sleep(1000);
          process.kill(pid, 'SIGSTOP');
          try {
            await sleep(LET_GO_MS);
            calm = await statuses(replicas(), name);
            // Also when it was the one that publishes.
            await balanced.pushImage(`demo/apps/${image}-told`, known, ['1']);
            await everyPushIsTold(replicas(), `${image}-told`, ['1'], reader);
          } finally {
            process.kill(pid, 'SIGCONT');
          }
          await sleep(3000);
        },
        { pauseMs: 50, root: balanced.at(replicas().proxy.url) },
      ).finally(() => Promise.all([pulls.end(), mover.end()]));
      // Nobody had to wake it: the others serve as if there were no other.
      expect(calm.filter((status) => status !== 200)).toEqual([]);
      expect(pulls.wrong).toEqual([]);
      expect(pulls.good).toBeGreaterThan(pulls.refused);
      expect(report.broken).toBe(0);
      expect(report.acknowledged.size).toBeGreaterThan(report.refusals.length);
      await nothingLost(replicas(), name, report);
      await mover.expectNothingDoneLate();
      await everyPushIsTold(replicas(), image, ['known', ...report.acknowledged.keys()], reader);
    },
    180_000,
  );
}

async function statuses({ balanced }: Replicas, name: string): Promise<number[]> {
  const paths = ['manifests/known', 'tags/list', 'manifests/known', 'tags/list'].map((end) => `/v2/${name}/${end}`);
  const found: number[] = [];
  for (let round = 0; round < 10; round++) for (const path of paths) found.push((await balanced.get(path)).status);
  return found;
}

function isTryAgain({ status, headers }: RawReply): boolean {
  return status === 503 && 'retry-after' in headers;
}

/** Pulls one image over and over until it is ended. */
class Pulls {
  good = 0;
  refused = 0;
  readonly wrong: string[] = [];
  #running = true;
  readonly #done: Promise<unknown>;

  constructor({ balanced, proxy }: Replicas, name: string, image: SyntheticManifest) {
    const wanted = [image, ...image.blobs].map((content, at) => ({
      path: at === 0 ? `/v2/${name}/manifests/known` : `/v2/${name}/blobs/${content.digest}`,
      bytes: content.bytes,
    }));
    const puller = async () => {
      const client = balanced.at(proxy.url);
      for (let at = 0; this.#running; at = (at + 1) % wanted.length) {
        const { path, bytes } = wanted[at] as (typeof wanted)[0];
        const reply = await client.get(path);
        if (reply.status === 200 && reply.body.equals(bytes)) this.good += 1;
        else if (isTryAgain(reply)) this.refused += 1;
        else this.wrong.push(`${path}: ${reply.status} ${reply.text}`);
        await sleep(20);
      }
      client.close();
    };
    this.#done = Promise.all([puller(), puller(), puller()]);
  }

  async end(): Promise<void> {
    this.#running = false;
    await this.#done;
  }
}

/** The only one who moves a tag: what it was told 201 for is what the tag must be, until it moves it again. */
class TagMover {
  readonly #manifests = Array.from({ length: 5 }, (_, at) => aManifest({ layers: 0, seed: `${this.name} ${at}` }));
  readonly #wrong: string[] = [];
  /** What may be there now: more than one only after an answer that left it open. */
  #possible: string[] = [];
  #moves = 0;
  #running = true;
  readonly #done: Promise<void>;

  constructor(
    private readonly replicas: Replicas,
    private readonly name: string,
  ) {
    this.#done = this.#move();
  }

  async end(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  async expectNothingDoneLate(): Promise<void> {
    expect(this.#wrong).toEqual([]);
    expect(this.#moves).toBeGreaterThan(10);
    await this.#look();
    expect(this.#wrong).toEqual([]);
    const [, repository = '', image = ''] = this.name.split('/');
    const history = await historyOf(this.replicas, repository, image, 'moved');
    expect(history.filter(({ validTo }) => validTo === null)).toHaveLength(1);
    for (const [at, range] of history.slice(1).entries()) expect(range.validTo).toBe(history[at]?.validFrom);
  }

  async #move(): Promise<void> {
    const { balanced } = this.replicas;
    for (const manifest of this.#manifests) await balanced.pushImage(this.name, manifest, []);
    for (let at = 0; this.#running; at = (at + 1) % this.#manifests.length) {
      const manifest = this.#manifests[at] as SyntheticManifest;
      const reply = await balanced.pushManifest(this.name, manifest, { reference: 'moved' });
      if (reply.status === 201) this.#possible = [manifest.digest];
      else if (isTryAgain(reply)) this.#possible.push(manifest.digest);
      else this.#wrong.push(`${reply.status} ${reply.text}`);
      this.#moves += 1;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const reply = await this.replicas.balanced.head(`/v2/${this.name}/manifests/moved`);
    if (isTryAgain(reply)) return;
    const found = reply.header('docker-content-digest') ?? `${reply.status}`;
    if (this.#possible.length > 0 && !this.#possible.includes(found)) {
      this.#wrong.push(`${found} after ${this.#moves} moves, not ${this.#possible.join(' or ')}`);
    }
  }
}
