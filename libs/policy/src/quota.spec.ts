import { describe, expect, it } from '@jest/globals';
import { quotaRefusal } from './quota.js';

describe('a quota', () => {
  it.each([
    ['reached exactly', 999, 1_000, 1, false],
    ['passed by one', 1_000, 1_000, 1, true],
    ['passed by several at once', 990, 1_000, 11, true],
    ['of nothing', 0, 0, 1, true],
    ['lowered below what is used, for a delete', 2_000, 1_000, -1, false],
    ['lowered below what is used, for a change that adds nothing', 2_000, 1_000, 0, false],
    ['without a limit', 1e12, null, 1e12, false],
  ])('%s: %j used of %j, adding %j, refused %j', (_name, used, limit, adding, refused) => {
    expect(quotaRefusal({ kind: 'tags', used, limit, adding }) !== null).toBe(refused);
  });

  it('says the numbers', () => {
    expect(quotaRefusal({ kind: 'bytes', used: 900, limit: 1_000, adding: 200 })).toEqual({
      rule: 'quota:bytes',
      message:
        'Quota exceeded: 900 of 1000 bytes of the registry are used, and this would add 200. Delete some or raise the quota.',
    });
  });
});
