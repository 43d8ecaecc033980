import type { LookupAnswer, LookupQuestion } from '@entrepot/contracts';
import type { LookupRow } from './lookup.sql.js';

/** The row of a question as the contract has it. */
export function answerOf(row: LookupRow, { digest }: LookupQuestion): LookupAnswer {
  const answer: LookupAnswer = { registry: null, repository: null, image: null, manifest: null, blob: null };
  if (row[0] === null) return answer;
  answer.registry = {
    registryId: row[0],
    accountId: row[1],
    name: row[2],
    visibility: row[3],
    publicRepositoriesAllowed: row[4],
    createOnPush: row[5],
    state: row[6],
  };
  // What is being deleted is gone for the next request.
  if (row[7] === null || row[10] === 'Deleting') return answer;
  answer.repository = { repositoryId: row[7], visibility: row[8], locked: row[9], state: row[10] };
  if (row[11] === null) return answer;
  answer.image = { imageId: row[11], locked: row[12], state: row[13] };
  if (row[14] !== null) answer.manifest = { digest: row[14], mediaType: row[15], size: row[16] };
  if (row[17] !== null && digest !== null) answer.blob = { digest, size: row[17], location: row[18] };
  return answer;
}
