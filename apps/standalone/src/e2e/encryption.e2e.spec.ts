import { describe } from '@jest/globals';
import { atRest } from './encryption/at-rest.js';
import { lostKeys } from './encryption/lost-keys.js';
import { offline } from './encryption/offline.js';
import { rotation } from './encryption/rotation.js';
import { useSuite } from './support/scene.js';

const scene = useSuite({ env: { ENTREPOT_ENCRYPTION: 'on', ENTREPOT_LOG_LEVEL: 'debug' } });

describe('encrypted registries', () => {
  describe('at rest', () => atRest(scene));
  describe('keys beside the suite', () => offline(scene));
  describe('rotation', () => rotation(scene));
  describe('without the master key', () => lostKeys(scene));
});
