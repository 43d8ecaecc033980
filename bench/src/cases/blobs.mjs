// Blob GET: many small ones at random, one large one alone, and the same by several clients at once.
import { download } from '../load/download.mjs';
import { load } from '../load/load.mjs';

export const blobCases = (size) => [
  {
    id: 'blob-get-small',
    needs: ['blobs'],
    title: `blob GET, 1 MB, one of ${size.blobs} at random, ${size.pushers} connections`,
    unit: 'MB/s',
    better: 'more',
    run: async ({ base, client, content, wrk }) => {
      const { name, blobs } = content.blobs;
      const authorization = await client.tokens.for(name);
      const requests = blobs.map(({ digest }) => ({ path: `/v2/${name}/blobs/${digest}`, authorization }));
      // wrk, also in the short run: the generator in Node keeps whole answers.
      const settings = { connections: size.pushers, seconds: Math.max(1, size.seconds) };
      const result = await load({ wrk, base, requests, method: 'GET', ...settings });
      return { value: (result.perSecond * size.blobBytes) / 1e6, ...result };
    },
  },
  largeCase(size, 'blob-get-large', 1),
  largeCase(size, 'blob-get-large-parallel', size.parallelGets),
];

const largeCase = (size, id, parallel) => ({
  id,
  needs: ['large'],
  title: `blob GET, ${size.largeBlobBytes / 1_048_576} MiB × ${parallel}${parallel > 1 ? ', in parallel' : ''}`,
  unit: 'MB/s',
  better: 'more',
  run: async ({ base, client, content }) => {
    const { name, large } = content.blobs;
    const path = `/v2/${name}/blobs/${large.digest}`;
    const authorization = await client.tokens.for(name);
    const one = () => download({ base, path, authorization, size: large.size });
    // From the first request to the last byte of the last one.
    const seconds = Math.max(...(await Promise.all(Array.from({ length: parallel }, one))));
    return { value: (parallel * large.size) / 1e6 / seconds, seconds };
  },
});
