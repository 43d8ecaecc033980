import type { Scene } from './scene.js';

export interface TagRange {
  digest: string;
  validFrom: string;
  /** Null: now. */
  validTo: string | null;
}

/** The ranges of a tag, the newest first, from the management API. */
export async function historyOf(
  { api, registryId }: Scene,
  repository: string,
  image: string,
  tag: string,
): Promise<TagRange[]> {
  const repositoryId = await api.repositoryId(registryId, repository);
  const images = `/api/v1/registries/${registryId}/repositories/${repositoryId}/images`;
  const { items } = await api.call<{ items: { name: string; imageId: string }[] }>('GET', `${images}?limit=100`);
  const imageId = items.find(({ name }) => name === image)?.imageId;
  return (await api.call<{ items: TagRange[] }>('GET', `${images}/${imageId}/tags/${tag}/history?limit=100`)).items;
}
