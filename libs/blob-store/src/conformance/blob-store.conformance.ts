import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attemptsSuite } from './attempts.suite.js';
import { keepingSuite } from './keeping.suite.js';
import { readingSuite } from './reading.suite.js';
import type { StoreUnderTest } from './subject.js';
import { writingSuite } from './writing.suite.js';

export { freeSpaceConformance, keyListerConformance } from './abilities.conformance.js';
export { presignerConformance, unfinishedWritesConformance } from './scale.conformance.js';
export type { StoreUnderTest } from './subject.js';

/**
 * Declares the tests that every driver of the port must pass, wrappers such as encryption too. Call it at the top of a spec; the store is made
 * once. A driver over a slow network raises the test timeout itself.
 */
export function blobStoreConformance(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`blob store: ${name}`, () => {
    let made: StoreUnderTest;
    const subject = (): StoreUnderTest => made;

    beforeAll(async () => {
      made = await makeStore();
    });

    afterAll(() => made.dispose());

    // In this order: the first three also check that nothing is left, and reading keeps a blob for all of its tests.
    writingSuite(subject);
    attemptsSuite(subject);
    keepingSuite(subject);
    readingSuite(subject);

    it('has nothing left behind at the end', async () => {
      expect(await made.leftovers()).toEqual([]);
    });
  });
}
