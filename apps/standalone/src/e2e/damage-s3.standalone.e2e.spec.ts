import { afterAll, describe } from '@jest/globals';
import { hasMinio, type S3Server, startMinio, startSeaweedfs, TestBucket } from '@entrepot/testing';
import { damagedBytes } from './damage/damaged-bytes.js';
import { bytesInBucket } from './damage/stored-bytes.js';
import { BUCKET_PREFIX, s3Settings } from './storage/stage.js';
import { useSuite } from './support/scene.js';

const quickly = { ENTREPOT_SCRUB_BYTES_PER_SECOND: '1GiB', ENTREPOT_SCRUB_INTERVAL_SECONDS: '1' };

describe('damaged bytes in a bucket', () => {
  let server: S3Server;
  const scene = useSuite(async () => {
    server = await (hasMinio() ? startMinio() : startSeaweedfs());
    return { env: { ...s3Settings(server), ...quickly } };
  });
  afterAll(() => server?.stop());

  damagedBytes(scene, {
    // They are encrypted.
    checkBytes: 16,
    storedBy: ({ registryId }) => bytesInBucket(TestBucket.of(server, `${BUCKET_PREFIX}${registryId}`)),
  });
});
