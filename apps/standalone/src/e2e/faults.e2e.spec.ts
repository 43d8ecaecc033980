import { describe } from '@jest/globals';
import { crashes } from './faults/crashes.js';
import { manyThings } from './faults/many-things.js';
import { races } from './faults/races.js';
import { vanishingClients } from './faults/vanishing-clients.js';
import { useSuite } from './support/scene.js';

const scene = useSuite();

describe('when it goes wrong', () => {
  describe('a client that vanishes', () => vanishingClients(scene));
  describe('two at once', () => races(scene));
  describe('many things', () => manyThings(scene));
  // Last, as it kills the suite: the tests before keep their connections.
  describe('a process that is killed', () => crashes(scene));
});
