import { expect, it } from '@jest/globals';
import { aManifest, startSuite } from '@entrepot/testing';
import { rootClient } from '../support/scene.js';
import { s3Settings, type Stage } from './stage.js';

/** A start with wrong settings: nothing starts, one sentence says why, and the right settings make all as it was. */
export function storageRefusals(stage: () => Stage): void {
  it.each([
    [
      'a wrong secret',
      { ENTREPOT_S3_SECRET_KEY: 'wrong-secret-key' },
      "The blob store can't be used: the object store does not accept the access key and its secret.",
    ],
    [
      'a bucket that is not there',
      { ENTREPOT_S3_BUCKET: 'no-such-bucket', ENTREPOT_S3_BUCKET_PREFIX: '' },
      "The blob store can't be used: the bucket no-such-bucket does not exist.",
    ],
    [
      'other buckets',
      { ENTREPOT_S3_BUCKET_PREFIX: 'elsewhere-' },
      "The blob store can't be used: it says of no installation that it is its store",
    ],
    ['no endpoint', { ENTREPOT_S3_ENDPOINT: '' }, 'ENTREPOT_S3_ENDPOINT is not set, and ENTREPOT_STORAGE=s3 needs it.'],
  ])(
    'with %s the suite refuses to start in one sentence',
    async (_, settings, sentence) => {
      const { suite } = stage();
      const refusal: Error = await suite.restart(settings).then(
        () => Promise.reject(new Error('it started')),
        (error: Error) => error,
      );
      expect(refusal.message).toContain('ended with 1');
      expect(refusal.message.split('\n').filter((line) => line.startsWith(sentence))).toHaveLength(1);
      expect(refusal.message).not.toContain('wrong-secret-key');
    },
    120_000,
  );

  it('on the buckets of another installation a new suite refuses to start, and the owner goes on', async () => {
    const { suite, server } = stage();
    await suite.restart();
    const owner = rootClient(suite);
    const image = aManifest({ seed: 'owner' });
    await owner.pushImage('demo/apps/owner', image, ['1']);
    await expect(startSuite({ env: s3Settings(server) })).rejects.toThrow(
      /The blob store can't be used: it belongs to the installation [0-9a-f-]{36}, and this database to/,
    );
    await owner.pullImage('demo/apps/owner', image, '1');
    owner.close();
  }, 180_000);
}
