import type { LookupAnswer, LookupQuestion, LookupReply, LookupRequest } from '@entrepot/contracts';
import type { CatalogPorts } from '../catalog-ports.js';
import { after, KEEP_MS } from '../durations.js';
import { keepBlobs, type KeptLink, keyOf } from './keep-blobs.js';
import { answerOf } from './lookup-answer.js';
import { LOOKUP, type LookupRow } from './lookup.sql.js';

const HOUR_MS = 3_600_000;

/**
 * Where the addresses lead, in the order of the questions. A blob that nothing refers to yet is kept for another day when it is asked for; one
 * that is released at this moment is not there.
 */
export async function lookup(ports: CatalogPorts, { questions }: LookupRequest): Promise<LookupReply> {
  const remembered = ports.memory.recall(questions);
  const open = questions.filter((_, index) => remembered[index] === undefined);
  if (open.length === 0) return { answers: remembered as LookupAnswer[] };
  const asked = (await ask(ports, open)).values();
  return { answers: remembered.map((answer) => answer ?? asked.next().value!) };
}

async function ask(ports: CatalogPorts, questions: readonly LookupQuestion[]): Promise<LookupAnswer[]> {
  const asking = ports.memory.asking();
  const rows = await ports.lookups.ask<LookupRow>(statementOf(questions, ports.defaultAccountId));
  const answers = rows.map((row, index) => answerOf(row, questions[index]!));
  await keepAsked(ports, questions, rows, answers);
  answers.forEach((answer, index) =>
    ports.memory.remember(questions[index]!, answer, asking, freshUntil(rows[index]!)),
  );
  return answers;
}

/** From then on a blob that is asked for is to be kept for longer. */
function freshUntil(row: LookupRow): number {
  return row[4] === null ? Infinity : Number(row[6]) - (KEEP_MS - HOUR_MS);
}

function statementOf(questions: readonly LookupQuestion[], defaultAccountId: string) {
  const { places, placeOf } = placesOf(questions);
  return {
    name: 'lookup',
    text: LOOKUP,
    rowMode: 'array',
    values: [
      defaultAccountId,
      places.map((place) => place.registryId),
      places.map((place) => place.registryName),
      places.map((place) => place.repository),
      placeOf,
      questions.map((q) => q.kind),
      questions.map((q) => q.image),
      questions.map((q) => q.tag),
      questions.map((q) => algorithmOf(q.digest)),
      questions.map((q) => q.digest?.slice(q.digest.indexOf(':') + 1) ?? null),
    ],
  };
}

type Place = Pick<LookupQuestion, 'registryId' | 'registryName' | 'repository'>;

/** Each place that the questions lead into, once, and for each question the number of its place, from 1. */
function placesOf(questions: readonly LookupQuestion[]): { places: Place[]; placeOf: number[] } {
  const numbers = new Map<string, number>();
  const places: Place[] = [];
  const placeOf = questions.map((question) => {
    // None of the grammars has a slash.
    const key = `${question.registryId ?? ''}/${question.registryName ?? ''}/${question.repository ?? ''}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, places.push(question));
    return places.length;
  });
  return { places, placeOf };
}

function algorithmOf(digest: string | null): string | null {
  return digest === null ? null : digest.slice(0, Math.max(0, digest.indexOf(':')));
}

/** Only a blob whose day was cut by more than an hour costs a write, so a blob that is asked for all the time costs one an hour. */
async function keepAsked(
  ports: CatalogPorts,
  questions: readonly LookupQuestion[],
  rows: readonly LookupRow[],
  answers: readonly LookupAnswer[],
): Promise<void> {
  const now = ports.clock();
  const keepUntil = after(now, KEEP_MS);
  const due = rows.flatMap((row, index) => {
    const answer = answers[index]!;
    const { registry, image, blob } = answer;
    if (!registry || !image || !blob || freshUntil(row) > now.getTime()) return [];
    const [algorithm = '', hex = ''] = questions[index]!.digest!.split(':');
    const { registryId } = registry;
    return [{ answer, link: { registryId, imageId: image.imageId, algorithm, hex } satisfies KeptLink }];
  });
  if (due.length === 0) return;
  const links = due.map(({ link }) => link);
  const gone = new Set((await keepBlobs(ports.database, links, keepUntil)).map(keyOf));
  for (const { answer, link } of due) if (gone.has(keyOf(link))) answer.blob = null;
}
