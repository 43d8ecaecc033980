import { describe, expect, it } from '@jest/globals';
import { lockRefusal, type LockedOperation } from './lock.js';

const OPERATIONS: readonly LockedOperation[] = ['delete', 'move-tag', 'push-new', 'change-image-lock'];

describe('a lock', () => {
  it.each<[string, boolean, boolean, boolean, (string | null)[]]>([
    ['nothing locked', false, false, false, [null, null, null, null]],
    ['the repository', true, false, false, ['lock:repository', 'lock:repository', null, 'lock:repository']],
    ['the image', false, true, false, ['lock:image', 'lock:image', null, null]],
    ['the digest', false, false, true, ['lock:manifest', 'lock:manifest', null, null]],
    ['image and digest', false, true, true, ['lock:image', 'lock:image', null, null]],
    ['all three', true, true, true, ['lock:repository', 'lock:repository', null, 'lock:repository']],
  ])(
    'on %s refuses delete, move-tag, push-new, change-image-lock as stated',
    (_name, repository, image, manifest, rules) => {
      const locks = { repositoryLocked: repository, imageLocked: image, manifestLocked: manifest };
      expect(OPERATIONS.map((operation) => lockRefusal(locks, operation)?.rule ?? null)).toEqual(rules);
    },
  );

  it('says what is locked and what to do', () => {
    const locks = { repositoryLocked: false, imageLocked: true, manifestLocked: false };
    expect(lockRefusal(locks, 'move-tag')?.message).toBe(
      'The image is locked: its tags cannot be moved. Unlock the image first.',
    );
  });
});
