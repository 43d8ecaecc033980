import type { ImageScope } from '@entrepot/contracts';
import type { KeyPrincipal } from '@entrepot/access';
import type { CatalogPorts } from '../catalog-ports.js';
import { findImage, type ImageView } from './image-view.store.js';
import { noImage } from './update-image.js';

/** The image that a path leads to, as the use cases that the data plane has too want it named. Throws a 404. */
export async function imageAt(
  { database }: CatalogPorts,
  { accountId, principalId: actor }: KeyPrincipal,
  path: { registryId: string; repositoryId: string; imageId: string },
): Promise<{ image: ImageView; scope: ImageScope }> {
  const image = await findImage(database, { accountId, ...path });
  if (!image) throw noImage();
  const { registryId, repositoryId } = path;
  return { image, scope: { registryId, repositoryId, image: image.name, actor } };
}
