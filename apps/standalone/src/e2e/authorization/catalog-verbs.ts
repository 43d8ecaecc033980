import { aManifest } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import {
  about,
  aboutOwn,
  at,
  CHANGE,
  CREATE,
  DELETE,
  REPLACE,
  type RestScene,
  type RestVerb,
  SEE,
  short,
} from './rest-verb.js';

const IMAGE = 'demo/apps/rest-matrix';

/** Pushes the image that the verbs meet. */
export async function prepareRest(scene: Scene): Promise<RestScene> {
  const { api, root, registryId } = scene;
  const repositoryId = await api.repositoryId(registryId, 'apps');
  const manifest = aManifest({ seed: 'rest matrix' });
  await root.pushImage(IMAGE, manifest, ['1']);
  const imageId = await imageIdOf(scene, repositoryId, 'rest-matrix');
  return { ...scene, repositoryId, imageId, digest: manifest.digest };
}

const REGISTRY = ({ registryId }: Scene) => `/api/v1/registries/${registryId}`;
const REPOSITORY = (scene: RestScene) => `${REGISTRY(scene)}/repositories/${scene.repositoryId}`;
const IMAGE_PATH = (scene: RestScene) => `${REPOSITORY(scene)}/images/${scene.imageId}`;

/** Registries, repositories, images, manifests, tags, and what other services keep about a registry. */
export const CATALOG_VERBS: readonly RestVerb[] = [
  aboutOwn('list registries', SEE, at('registries')),
  about('show a registry', SEE, async (scene) => ({ path: REGISTRY(scene) })),
  aboutOwn('create a registry', CREATE, async () => ({ path: '/api/v1/registries', body: { name: short() } })),
  about('change a registry', CHANGE, async (scene) => ({
    path: `/api/v1/registries/${(await newRegistry(scene)).registryId}`,
    body: { labels: { team: 'matrix' } },
  })),
  about('delete a registry', DELETE, async (scene) => {
    const { registryId, name } = await newRegistry(scene);
    return { path: `/api/v1/registries/${registryId}?name=${name}` };
  }),
  about('show the encryption of a registry', SEE, async (scene) => ({ path: `${REGISTRY(scene)}/encryption` })),
  // It is not encrypted: 409 says that who asks would have been let in.
  about('rotate the key of a registry', ['POST', 'manage', 409], async (scene) => ({
    path: `${REGISTRY(scene)}/encryption/rotate`,
  })),
  about('show the scrub of a registry', SEE, async (scene) => ({ path: `${REGISTRY(scene)}/scrub` })),
  // The operator's alone, who is of the default account.
  about('show the master keys', SEE, at('master-keys'), 403),
  about('wrap by another master key', ['POST', 'manage', 200], at('master-keys/rewrap'), 403),
  // In a registry that is not there nothing happens: its series are empty, and nothing was scanned.
  about('show the counts of a registry', SEE, async (scene) => ({ path: `${REGISTRY(scene)}/metrics` }), 200),
  aboutOwn('list scans', ['GET', null, 200], async (scene) => ({ path: `${REGISTRY(scene)}/scans` })),

  about('list repositories', SEE, async (scene) => ({ path: `${REGISTRY(scene)}/repositories` })),
  about('show a repository', SEE, async (scene) => ({ path: REPOSITORY(scene) })),
  about('create a repository', CREATE, async (scene) => ({
    path: `${REGISTRY(scene)}/repositories`,
    body: { name: short() },
  })),
  about('change a repository', CHANGE, async (scene) => ({
    path: `${REGISTRY(scene)}/repositories/${(await newRepository(scene)).repositoryId}`,
    body: { description: 'changed' },
  })),
  about('delete a repository', DELETE, async (scene) => {
    const { repositoryId, name } = await newRepository(scene);
    return { path: `${REGISTRY(scene)}/repositories/${repositoryId}?name=${name}` };
  }),

  about('list images', SEE, async (scene) => ({ path: `${REPOSITORY(scene)}/images` })),
  about('show an image', SEE, async (scene) => ({ path: IMAGE_PATH(scene) })),
  about('change an image', CHANGE, async (scene) => ({ path: IMAGE_PATH(scene), body: { description: 'changed' } })),
  about('delete an image', DELETE, deleteImage),

  about('list manifests', SEE, async (scene) => ({ path: `${IMAGE_PATH(scene)}/manifests` })),
  about('show a manifest', SEE, async (scene) => ({ path: `${IMAGE_PATH(scene)}/manifests/${scene.digest}` })),
  about('delete a manifest', DELETE, deleteManifest),

  about('list tags', SEE, async (scene) => ({ path: `${IMAGE_PATH(scene)}/tags` })),
  about('show a tag', SEE, async (scene) => ({ path: `${IMAGE_PATH(scene)}/tags/1` })),
  about('show the history of a tag', SEE, async (scene) => ({ path: `${IMAGE_PATH(scene)}/tags/1/history` })),
  about('create a tag', REPLACE, async (scene) => ({
    path: `${IMAGE_PATH(scene)}/tags/${short()}`,
    body: { digest: scene.digest },
  })),
  about('move a tag', REPLACE, async (scene) => ({
    path: `${IMAGE_PATH(scene)}/tags/${await newTag(scene)}`,
    body: { digest: scene.digest },
  })),
  about('delete a tag', DELETE, async (scene) => ({ path: `${IMAGE_PATH(scene)}/tags/${await newTag(scene)}` })),
];

async function newRegistry({ api }: Scene): Promise<{ registryId: string; name: string }> {
  const name = short();
  return { registryId: await api.registry({ name }), name };
}

async function newRepository({ api, registryId }: Scene): Promise<{ repositoryId: string; name: string }> {
  const name = short();
  return { repositoryId: await api.repository(registryId, { name }), name };
}

async function newTag(scene: RestScene): Promise<string> {
  const tag = short();
  await scene.api.call('PUT', `${IMAGE_PATH(scene)}/tags/${tag}`, { digest: scene.digest });
  return tag;
}

async function deleteImage(scene: RestScene) {
  const name = short();
  await scene.root.pushImage(`demo/apps/${name}`, aManifest({ layers: 0, seed: name }), ['1']);
  return { path: `${REPOSITORY(scene)}/images/${await imageIdOf(scene, scene.repositoryId, name)}` };
}

async function deleteManifest(scene: RestScene) {
  const manifest = aManifest({ layers: 0, seed: short() });
  await scene.root.pushImage(IMAGE, manifest, []);
  await scene.root.pushManifest(IMAGE, manifest);
  return { path: `${IMAGE_PATH(scene)}/manifests/${manifest.digest}` };
}

async function imageIdOf({ api, registryId }: Scene, repositoryId: string, name: string): Promise<string> {
  const path = `/api/v1/registries/${registryId}/repositories/${repositoryId}/images?limit=100&name=${name}`;
  const { items } = await api.call<{ items: { name: string; imageId: string }[] }>('GET', path);
  const found = items.find((image) => image.name === name);
  if (!found) throw new Error(`there is no image ${name}`);
  return found.imageId;
}
