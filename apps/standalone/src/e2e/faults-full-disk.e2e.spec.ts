import { afterAll, describe, it } from '@jest/globals';
import { fullDisk } from './faults/full-disk.js';
import { SmallDisk } from './support/small-disk.js';
import { useSuite } from './support/scene.js';

describe('when the disk of the blobs is really full', () => {
  const whyNot = process.env['CI'] ? null : SmallDisk.whyNot();
  if (whyNot !== null) {
    // Told, and counted among the skipped. In CI the disk below is needed, and its absence a failure.
    process.stderr.write(`${whyNot}\n`);
    it.todo(whyNot);
    return;
  }
  const disk = new SmallDisk(64 * 1024 * 1024);
  // Without the free-disk mark, which would refuse pushes before the disk is full.
  const scene = useSuite({
    dataDirectory: disk.dataDirectory,
    within: disk.within,
    env: { ENTREPOT_MIN_FREE_BYTES: '0', ENTREPOT_RELEASE_INTERVAL_SECONDS: '1' },
  });
  // After the suite has ended.
  afterAll(() => disk.remove());
  fullDisk(scene, disk);
});
