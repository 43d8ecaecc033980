// Manifest GET and HEAD, by tag and by digest: over many images, and over one image with many tags.
import { pooled } from '../client/pooled.mjs';
import { load } from '../load/load.mjs';

const TOKENS_AT_ONCE = 8;
const METHODS = ['GET', 'HEAD'];
const REFERENCES = ['tag', 'digest'];

const WHERE = {
  images: { needs: ['images'], title: (size) => `${size.images} images`, references: ({ images }) => images },
  tags: {
    needs: ['tagged'],
    title: (size) => `one image with ${size.tags} tags`,
    references: ({ tagged }) => tagged.manifests.map((each) => ({ name: tagged.name, ...each })),
  },
};

export const manifestCases = (size) =>
  Object.keys(WHERE).flatMap((where) =>
    METHODS.flatMap((method) =>
      REFERENCES.flatMap((by) => size.connections.map((connections) => aCase(size, where, method, by, connections))),
    ),
  );

const aCase = (size, where, method, by, connections) => ({
  id: `manifest-${method.toLowerCase()}-${by}-${where}-${connections}`,
  needs: WHERE[where].needs,
  title: `manifest ${method} by ${by}, ${WHERE[where].title(size)}, ${plural(connections)}`,
  unit: 'requests/s',
  better: 'more',
  // Two thousand logins are work of their own.
  ready: async ({ content, client }) => {
    const names = new Set(WHERE[where].references(content).map(({ name }) => name));
    await pooled([...names], TOKENS_AT_ONCE, (name) => client.tokens.for(name));
  },
  run: async (subject) => {
    const references = WHERE[where].references(subject.content);
    const requests = [];
    for (const { name, tag, manifest } of references) {
      const path = `/v2/${name}/manifests/${by === 'tag' ? tag : manifest.digest}`;
      requests.push({ path, authorization: await subject.client.tokens.for(name) });
    }
    // wrk takes whole seconds: once per short run is enough to prove that it works.
    const seconds =
      size.seconds < 1 && `${where} ${method} ${by}` === 'images GET tag'
        ? 1
        : secondsOf(size, method, by, connections);
    const result = await load({ wrk: subject.wrk, base: subject.base, requests, method, connections, seconds });
    return { value: result.perSecond, ...result };
  },
});

/** Longer where a target depends on it. */
const secondsOf = (size, method, by, connections) =>
  `${method} ${by} ${connections}` === 'GET tag 32' ? size.targetSeconds : size.seconds;

const plural = (connections) => `${connections} connection${connections === 1 ? '' : 's'}`;
