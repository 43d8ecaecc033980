import { describe, expect, it } from '@jest/globals';
import { planeUnderTest } from '../spec/plane-under-test.js';

/** The administrator of account `a1` sees its images and no private ones of another account. */
const listing = (imageName: string, accountId = 'a1') => ({
  registryId: 'r1',
  accountId,
  pathSegment: 'demo',
  registryVisibility: 'private',
  publicRepositoriesAllowed: false,
  repositoryId: 'p1',
  repositoryName: 'apps',
  repositoryVisibility: 'private',
  imageName,
});

/** Pages of two images each, as the catalog gives them. */
async function catalogOf(images: ReturnType<typeof listing>[]) {
  const plane = await planeUnderTest({
    'catalog.image.list.v1': ({ after }) => {
      const from = after === null ? 0 : images.findIndex(({ imageName }) => `demo/apps/${imageName}` === after) + 1;
      return { images: images.slice(from, from + 2), more: from + 2 < images.length };
    },
  });
  return async (query: string) => {
    const answer = await plane.fastify.inject({ url: `/v2/_catalog${query}`, headers: { host: 'localhost' } });
    return { names: answer.json<{ repositories: string[] }>().repositories, link: answer.headers['link'] };
  };
}

describe('the list of images', () => {
  it('holds what the caller may pull, gathered over as many questions as it takes', async () => {
    const list = await catalogOf([
      listing('a'),
      listing('b', 'a2'),
      listing('c', 'a2'),
      listing('d', 'a2'),
      listing('e'),
    ]);
    expect(await list('')).toEqual({ names: ['demo/apps/a', 'demo/apps/e'], link: undefined });
  });

  it('links on from the last name that was shown', async () => {
    const list = await catalogOf([listing('a'), listing('b', 'a2'), listing('c'), listing('d')]);
    const first = await list('?n=2');
    expect(first).toEqual({
      names: ['demo/apps/a', 'demo/apps/c'],
      link: '</v2/_catalog?n=2&last=demo%2Fapps%2Fc>; rel="next"',
    });
    expect(await list('?n=2&last=demo%2Fapps%2Fc')).toEqual({ names: ['demo/apps/d'], link: undefined });
  });

  it('has no link when only images follow that the caller may not see', async () => {
    const list = await catalogOf([listing('a'), listing('b', 'a2'), listing('c', 'a2')]);
    expect(await list('?n=1')).toEqual({ names: ['demo/apps/a'], link: undefined });
  });
});
