import { describe, expect, it } from '@jest/globals';
import type { LookupQuestion } from '@entrepot/contracts';
import { answerOf } from './lookup-answer.js';
import type { LookupRow } from './lookup.sql.js';

const question: LookupQuestion = {
  kind: 'blob',
  registryId: null,
  registryName: 'demo',
  repository: 'apps',
  image: 'hello',
  tag: null,
  digest: 'sha256:ab',
};
const whole: LookupRow = [
  'r1',
  'a1',
  'demo',
  'public',
  true,
  false,
  'Running',
  'p1',
  'private',
  true,
  'Active',
  'i1',
  false,
  'Editing',
  'sha256:cd',
  'text/plain',
  7,
  9,
  { key: 'k' },
  Infinity,
];
const cutAt = (column: number): LookupRow =>
  whole.map((value, i) => (i < column ? value : null)) as unknown as LookupRow;

describe('answerOf', () => {
  it('puts each column where the contract has it', () => {
    expect(answerOf(whole, question)).toEqual({
      registry: {
        registryId: 'r1',
        accountId: 'a1',
        name: 'demo',
        visibility: 'public',
        publicRepositoriesAllowed: true,
        createOnPush: false,
        state: 'Running',
      },
      repository: { repositoryId: 'p1', visibility: 'private', locked: true, state: 'Active' },
      image: { imageId: 'i1', locked: false, state: 'Editing' },
      manifest: { digest: 'sha256:cd', mediaType: 'text/plain', size: 7 },
      blob: { digest: 'sha256:ab', size: 9, location: { key: 'k' } },
    });
  });

  it.each([
    [0, []],
    [7, ['registry']],
    [11, ['registry', 'repository']],
    [14, ['registry', 'repository', 'image']],
  ])('is null from where the row ends, at column %d', (column, found) => {
    const answer = answerOf(cutAt(column), question);
    expect(Object.entries(answer).flatMap(([name, value]) => (value === null ? [] : [name]))).toEqual(found);
  });
});
