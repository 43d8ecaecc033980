// Tag lists, referrers and tokens.
import { load } from '../load/load.mjs';
import { median } from '../stats.mjs';

const PAGE = 20;
const CONNECTIONS = 32;
const WHOLE_LISTS = 5;

export const listCases = (size) => [
  {
    id: 'tags-page',
    needs: ['tagged'],
    title: `tag list, ${PAGE} of ${size.tags} from a random one on, ${CONNECTIONS} connections`,
    unit: 'requests/s',
    better: 'more',
    run: async (subject) => {
      const { client, content } = subject;
      const { name, manifests } = content.tagged;
      const pathFrom = (last) => `/v2/${name}/tags/list?n=${PAGE}&last=${last}`;
      const first = await tagsAt(client, name, pathFrom(manifests[0].tag));
      if (first.tags.length > PAGE) return { unsupported: 'answers the whole list whatever n is' };
      if (first.tags[0] !== manifests[1].tag) throw new Error(`${name}: the list goes on with ${first.tags[0]}`);
      const authorization = await client.tokens.for(name);
      return perSecond(
        subject,
        size,
        manifests.map(({ tag }) => ({ path: pathFrom(tag), authorization })),
      );
    },
  },
  {
    id: 'tags-all',
    needs: ['tagged'],
    title: `tag list, all ${size.tags}, page by page where paged`,
    unit: 'ms',
    better: 'less',
    run: async ({ client, content }) => {
      const { name, manifests } = content.tagged;
      const took = [];
      for (let time = 0; time < WHOLE_LISTS; time += 1) {
        const start = performance.now();
        const tags = new Set(await allTags(client, name));
        took.push(performance.now() - start);
        const missing = manifests.find(({ tag }) => !tags.has(tag));
        if (missing) throw new Error(`${name}: the list of ${tags.size} tags lacks ${missing.tag}`);
      }
      return { value: median(took) };
    },
  },
  {
    id: 'referrers',
    needs: ['referred'],
    title: `referrers, ${size.referrers} of one subject, ${CONNECTIONS} connections`,
    unit: 'requests/s',
    better: 'more',
    run: async (subject) => {
      const { client, content } = subject;
      const { name, manifest, referrers } = content.referred;
      const path = `/v2/${name}/referrers/${manifest.digest}`;
      const { status, body } = await client.request('GET', name, path);
      if (status === 404) return { unsupported: 'has no referrers' };
      const found = JSON.parse(body).manifests?.length;
      if (status !== 200 || found !== referrers.length) throw new Error(`GET ${path}: ${status}, ${found} referrers`);
      return perSecond(subject, size, [{ path, authorization: await client.tokens.for(name) }]);
    },
  },
  {
    id: 'tokens',
    needs: [],
    title: `token issue for one image, ${CONNECTIONS} connections`,
    unit: 'requests/s',
    better: 'more',
    run: async (subject) => {
      const request = await subject.client.tokens.request(subject.content.images[0].name);
      return request ? perSecond(subject, size, [request]) : { unsupported: 'runs without authentication' };
    },
  },
];

async function perSecond({ base, wrk }, size, requests) {
  const settings = { method: 'GET', connections: CONNECTIONS, seconds: size.seconds };
  const result = await load({ wrk, base, requests, ...settings });
  return { value: result.perSecond, ...result };
}

/** Follows `Link` to the end. */
async function allTags(client, name) {
  const all = [];
  for (let path = `/v2/${name}/tags/list`; path;) {
    const { tags, next } = await tagsAt(client, name, path);
    all.push(...tags);
    path = next;
  }
  return all;
}

async function tagsAt(client, name, path) {
  const { status, headers, body } = await client.request('GET', name, path);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}`);
  return { tags: JSON.parse(body).tags, next: /<([^>]*)>; *rel="?next"?/.exec(headers.link ?? '')?.[1] };
}
