import { describe } from '@jest/globals';
import { damagedBytes } from './damage/damaged-bytes.js';
import { useSuite } from './support/scene.js';

const quickly = { ENTREPOT_SCRUB_BYTES_PER_SECOND: '1GiB', ENTREPOT_SCRUB_INTERVAL_SECONDS: '1' };

describe('damaged bytes', () => {
  describe('of blobs that are not encrypted', () => damagedBytes(useSuite({ env: quickly }), 4));
  describe('of encrypted blobs', () => damagedBytes(useSuite({ env: { ...quickly, ENTREPOT_ENCRYPTION: 'on' } }), 16));
});
