// `--scale`: two standalone suites that differ only in how much their catalogs hold.
import { startUnscrubbed } from '../candidates/entrepot.mjs';
import { RegistryClient } from '../client/registry-client.mjs';
import { fill } from '../content/fill.mjs';
import { verify } from '../content/verify.mjs';
import { settled } from '../processes/settled.mjs';
import { memoryOf } from '../processes/tree.mjs';
import { needsOf, tagsNeeded } from '../subject.mjs';
import { say } from '../../../tools/progress.mjs';
import { bulkLoad, pushTemplate, sampleImages } from './bulk-load.mjs';
import { withCatalog } from './catalog-database.mjs';

const CONNECTIONS = 64;
const ROOM = 100_000;

/** The two, in the order of the table's columns. */
export const scaleCandidates = ({ images, bulk }) =>
  [
    { id: 'small', bulk: { images, tagsPerImage: 1 } },
    { id: 'large', bulk },
  ].map((each) => ({
    ...each,
    title: `${amount(each.bulk.images)} images, ${amount(each.bulk.images * each.bulk.tagsPerImage)} tags`,
    notes: `standalone, authentication by token, fsync on; ${each.bulk.tagsPerImage === 1 ? 'one tag' : `${each.bulk.tagsPerImage} tags`} per image, each its own manifest; ${amount(images)} images evenly out of all are asked for`,
  }));

const amount = (number) => number.toLocaleString('en-US');

/** Starts one of them, fills its catalog and proves the answers; see prepareSubject for the shape. */
export async function prepareScaleSubject(candidate, { content, cases, size, wrk }) {
  say(`${candidate.title}: starting`);
  const { server, credentials, setLimits, dataDirectory } = await startUnscrubbed(`scale-${candidate.id}`);
  const client = new RegistryClient({ base: server.base, credentials, connections: CONNECTIONS });
  const memoryAtStart = memoryOf(server.pid);
  await setLimits({ tags: tagsNeeded(size), images: candidate.bulk.images + ROOM });
  const needs = needsOf(cases);
  say(`${candidate.title}: loading`);
  const start = performance.now();
  await fill(client, content, { needs: new Set([...needs].filter((part) => part !== 'images')), size });
  const template = await pushTemplate(client);
  const { images, loadSeconds } = await withCatalog(dataDirectory, async (catalog) => ({
    loadSeconds: await bulkLoad(catalog, template, candidate.bulk),
    images: await sampleImages(catalog, candidate.bulk, size.images),
  }));
  const seconds = (performance.now() - start) / 1_000;
  const own = { ...content, images };
  const settleSeconds = await settled(server.pid, 3 * size.settleMs);
  await verify(client, own, needs);
  say(`${candidate.title}: loaded in ${loadSeconds.toFixed(0)} s`);
  const preparation = { seconds, loadSeconds, settleSeconds, memoryAtStart };
  return { candidate, server, base: server.base, client, content: own, size, wrk, preparation };
}
