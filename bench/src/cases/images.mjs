// Whole images with a layer of 1 MB, pushed and pulled by several clients at once as docker does it.
import { builtImages, clientImages } from '../content/content.mjs';
import { pushBuilt } from '../content/fill.mjs';
import { KeptConnection } from '../load/kept-connection.mjs';
import { ACCEPT } from '../load/load.mjs';

/** A layer is read in a few pieces. */
const BUFFER = 256 * 1024;

/** Some hundred images. */
const PULL_SECONDS = 2;

export const imageCases = (size) => [
  {
    id: 'image-push',
    needs: [],
    title: `push of images of 1 MB, ${size.clients} clients, ${size.imagesPerClient} each`,
    unit: 'images/s',
    better: 'more',
    ready: ({ client }) => logIn(client, size),
    run: async ({ client, round }) => {
      const images = builtImages(size, `round-${round}`);
      const start = performance.now();
      await pushBuilt(client, images);
      const seconds = (performance.now() - start) / 1_000;
      return { value: images.flat().length / seconds, seconds };
    },
  },
  {
    id: 'image-pull',
    needs: ['pulled'],
    title: `pull of images of 1 MB, ${size.clients} clients`,
    unit: 'images/s',
    better: 'more',
    ready: ({ client }) => logIn(client, size),
    run: async ({ base, client, content }) => {
      const start = performance.now();
      const end = start + 1_000 * Math.min(PULL_SECONDS, size.targetSeconds);
      const counts = await Promise.all(
        content.pulled.map(async (images) => pullUntil(end, base, images, await client.tokens.for(images[0].name))),
      );
      const seconds = (performance.now() - start) / 1_000;
      return { value: counts.reduce((sum, count) => sum + count, 0) / seconds, seconds };
    },
  },
];

const logIn = (client, size) => Promise.all(clientImages(size).map((name) => client.tokens.for(name)));

/** One client: manifest, configuration, layer, the next image, on one connection. Answers how many images that were. */
async function pullUntil(end, base, images, authorization) {
  const connection = new KeptConnection(base, { buffer: BUFFER });
  let count = 0;
  try {
    for (; performance.now() < end; count += 1) {
      const { name, tag, manifest, config, layer } = images[count % images.length];
      const path = `/v2/${name}/manifests/${tag}`;
      await connection.get({ path, authorization, accept: ACCEPT, size: manifest.bytes.length });
      for (const { digest, bytes } of [config, layer]) {
        await connection.get({ path: `/v2/${name}/blobs/${digest}`, authorization, size: bytes.length });
      }
    }
    return count;
  } finally {
    connection.close();
  }
}
