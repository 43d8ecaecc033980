import { expect } from '@jest/globals';
import type { RegistryClient } from '@entrepot/testing';

/** Everything that a client can list: images, their tags, and what each tag points at. */
async function inventory(root: RegistryClient): Promise<Record<string, Record<string, string>>> {
  const { repositories } = (await root.get('/v2/_catalog?n=1000')).json<{ repositories: string[] }>();
  const found: Record<string, Record<string, string>> = {};
  for (const name of repositories) {
    const tags = await root.tags(name);
    const heads = await Promise.all(tags.map((tag) => root.head(`/v2/${name}/manifests/${tag}`)));
    found[name] = Object.fromEntries(tags.map((tag, at) => [tag, heads[at]?.header('docker-content-digest') ?? '']));
  }
  return found;
}

/** Runs `act` and expects that no image, tag or manifest came, went or moved by it. */
export async function changesNothing<T>(root: RegistryClient, act: () => Promise<T>): Promise<T> {
  const before = await inventory(root);
  const result = await act();
  expect(await inventory(root)).toEqual(before);
  return result;
}
