import type { BlobFact, Fact } from '@entrepot/contracts';
import { appendFact, type Transaction } from '@entrepot/platform-persistence';
import type { BlobDigest } from '../blob/blob.store.js';
import type { Deed } from '../outbox/tell-of-image.js';

interface Named {
  accountId: string;
  registryId: string;
  /** Its name. */
  registry: string;
}

/** Writes a fact about a stored generation whose row is locked, so that facts about it are published in the order of its changes. */
export function tellOfBlob<D extends BlobFact>(
  tx: Transaction,
  fact: Fact<D>,
  { accountId, registryId, registry }: Named,
  { digest, size, generation }: { digest: BlobDigest; size: number; generation: string },
  { actor, now }: Deed,
  data: Omit<D, keyof BlobFact>,
): void {
  const name = `${digest.algorithm}:${digest.hex}`;
  const context = { accountId, registryId, orderingKey: generation, actor, subject: `${registry}@${name}`, now };
  appendFact(tx, fact, context, { registryId, registry, actor, digest: name, size, ...data } as D);
}
