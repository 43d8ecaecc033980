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
  'r1\ta1\tdemo\tpublic\tt\tf\tRunning',
  'p1\tprivate\tt\tActive',
  'i1\tf\tEditing',
  'sha256:cd\ttext/plain\t7',
  9,
  { key: 'k' },
  Infinity,
];
const cutAt = (column: number): LookupRow =>
  whole.map((value, i) => (i < column ? value : i < 4 ? '' : null)) as unknown as LookupRow;

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

  it('says of a blob whose bytes are damaged that it is no place', () => {
    const damaged = whole.map((value, i) => (i === 5 ? null : value)) as unknown as LookupRow;
    expect(answerOf(damaged, question).blob).toEqual({ digest: 'sha256:ab', size: 9, location: null });
  });

  it.each([
    [0, []],
    [1, ['registry']],
    [2, ['registry', 'repository']],
    [3, ['registry', 'repository', 'image']],
    [4, ['registry', 'repository', 'image', 'manifest']],
  ])('is null from where the row ends, at column %d', (column, found) => {
    const answer = answerOf(cutAt(column), question);
    expect(Object.entries(answer).flatMap(([name, value]) => (value === null ? [] : [name]))).toEqual(found);
  });
});
