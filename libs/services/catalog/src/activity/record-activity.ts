import {
  type Empty,
  imagePullDenied,
  imagePulled,
  imagePushDenied,
  type PullCount,
  type RecordActivityRequest,
  type RefusalCount,
} from '@entrepot/contracts';
import { appendFact, type Transaction } from '@entrepot/platform-persistence';
import type { CatalogPorts } from '../catalog-ports.js';
import { tellOfImage } from '../outbox/tell-of-image.js';
import { addPulls, lockPulledImages, registriesOf } from './activity.store.js';

/** Counts a gateway's report, once however often it arrives, and tells what it holds. What concerns things that are gone is left out. */
export async function recordActivity({ database, clock }: CatalogPorts, report: RecordActivityRequest): Promise<Empty> {
  const now = clock();
  await database.inTransaction(async (tx) => {
    const ids = [...report.pulls, ...report.refusals].map(({ registryId }) => registryId);
    const fresh = await registriesOf(tx, report.reportId, ids, now);
    await countPulls(
      tx,
      report.pulls.filter(({ registryId }) => fresh.has(registryId)),
      now,
    );
    for (const refusal of report.refusals) {
      // The bus is not trusted: a registry's refusals are told to its own account only.
      if (fresh.get(refusal.registryId) === refusal.accountId) tellRefusal(tx, refusal, now);
    }
  });
  return {};
}

async function countPulls(tx: Transaction, pulls: readonly PullCount[], now: Date): Promise<void> {
  if (pulls.length === 0) return;
  const scopes = await lockPulledImages(tx, pulls);
  await addPulls(tx, pulls);
  for (const { registryId, imageId, digest, actor, count, lastAt } of pulls) {
    const scope = scopes.get(`${registryId}/${imageId}`);
    if (scope) tellOfImage(tx, imagePulled, scope, { actor, now }, { digest, count, lastAt });
  }
  await tx.written();
}

function tellRefusal(tx: Transaction, refusal: RefusalCount, now: Date): void {
  const { verb, accountId, registryId, repository, image, actor, reason, count, lastAt } = refusal;
  const fact = verb === 'pull' ? imagePullDenied : imagePushDenied;
  const context = { accountId, registryId, orderingKey: registryId, actor, now };
  appendFact(tx, fact, context, { registryId, repository, image, actor, reason, count, lastAt });
}
