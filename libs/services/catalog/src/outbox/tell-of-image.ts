import type { Fact, ImageFact } from '@entrepot/contracts';
import { appendFact, type Transaction } from '@entrepot/platform-persistence';
import type { LockedImage } from '../image/image.store.js';
import type { Place } from '../image/place.store.js';

/** Who did it, when. */
export interface Deed {
  actor: string;
  now: Date;
}

/** What facts say of an image; the scope of a write has it. */
export interface ImageIdentity {
  place: Pick<Place, 'accountId' | 'registryId' | 'registry' | 'repositoryId' | 'repository'>;
  image: Pick<LockedImage, 'imageId' | 'name'>;
}

/** Writes a fact about an image whose row is locked, so that facts about one image are published in the order of their changes. */
export function tellOfImage<D extends ImageFact>(
  tx: Transaction,
  fact: Fact<D>,
  { place, image }: ImageIdentity,
  { actor, now }: Deed,
  data: Omit<D, keyof ImageFact>,
): void {
  const { accountId, registryId, registry, repositoryId, repository } = place;
  const subject: ImageFact = {
    registryId,
    registry,
    actor,
    repositoryId,
    repository,
    imageId: image.imageId,
    image: image.name,
  };
  const context = {
    accountId,
    registryId,
    orderingKey: image.imageId,
    actor,
    subject: `${registry}/${repository}/${image.name}`,
    now,
  };
  appendFact(tx, fact, context, { ...subject, ...data } as D);
}
