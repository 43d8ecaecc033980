import { afterAll, describe } from '@jest/globals';
import { damagedBytes } from './damage/damaged-bytes.js';
import { killedScrub, NO_SCRUB_YET } from './damage/killed-scrub.js';
import { LaterClock } from './support/later-clock.js';
import { useSuite } from './support/scene.js';

const quickly = { ENTREPOT_SCRUB_BYTES_PER_SECOND: '1GiB', ENTREPOT_SCRUB_INTERVAL_SECONDS: '1' };

describe('damaged bytes', () => {
  describe('of blobs that are not encrypted', () => damagedBytes(useSuite({ env: quickly }), { checkBytes: 4 }));
  describe('of encrypted blobs', () =>
    damagedBytes(useSuite({ env: { ...quickly, ENTREPOT_ENCRYPTION: 'on' } }), { checkBytes: 16 }));
});

describe('a scrub that is killed', () => {
  const clock = new LaterClock();
  const scene = useSuite({ env: { ...NO_SCRUB_YET, ...clock.env } });
  // After the suite has ended.
  afterAll(() => clock.remove());
  killedScrub(scene, clock);
});
