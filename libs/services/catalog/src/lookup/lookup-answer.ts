import type { LookupAnswer, LookupQuestion, RegistryFacts, RepositoryFacts } from '@entrepot/contracts';
import type { LookupRow } from './lookup.sql.js';

/** The row of a question as the contract has it. */
export function answerOf(row: LookupRow, { digest }: LookupQuestion): LookupAnswer {
  const answer: LookupAnswer = { registry: null, repository: null, image: null, manifest: null, blob: null };
  if (row[0] === '') return answer;
  answer.registry = registryOf(row[0]);
  const repository = row[1] === '' ? null : repositoryOf(row[1]);
  // What is being deleted is gone for the next request.
  if (repository === null || repository.state === 'Deleting') return answer;
  answer.repository = repository;
  if (row[2] === '') return answer;
  const [imageId, locked, state] = row[2].split('\t') as [string, string, string];
  answer.image = { imageId, locked: locked === 't', state };
  if (row[3] !== '') answer.manifest = manifestOf(row[3]);
  if (row[4] !== null && digest !== null) answer.blob = { digest, size: row[4], location: row[5] };
  return answer;
}

/** Most rows of a batch, and of the batches after it, tell of the same few places. Their text is all that the facts are made from. */
const MAX_KNOWN = 4096;

function known<F>(make: (text: string) => F): (text: string) => F {
  const facts = new Map<string, F>();
  return (text) => {
    const found = facts.get(text);
    if (found !== undefined) return found;
    if (facts.size >= MAX_KNOWN) facts.clear();
    const made = make(text);
    facts.set(text, made);
    return made;
  };
}

const registryOf = known((text): RegistryFacts => {
  const [registryId, accountId, name, visibility, publicRepositoriesAllowed, createOnPush, state] = text.split(
    '\t',
  ) as [string, string, string, RegistryFacts['visibility'], string, string, string];
  return {
    registryId,
    accountId,
    name,
    visibility,
    publicRepositoriesAllowed: publicRepositoriesAllowed === 't',
    createOnPush: createOnPush === 't',
    state,
  };
});

const repositoryOf = known((text): RepositoryFacts => {
  const [repositoryId, visibility, locked, state] = text.split('\t') as [
    string,
    RepositoryFacts['visibility'],
    string,
    string,
  ];
  return { repositoryId, visibility, locked: locked === 't', state };
});

function manifestOf(text: string): NonNullable<LookupAnswer['manifest']> {
  const [digest, mediaType, size] = text.split('\t') as [string, string, string];
  return { digest, mediaType, size: Number(size) };
}
