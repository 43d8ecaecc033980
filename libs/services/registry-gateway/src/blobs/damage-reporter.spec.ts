import { describe, expect, it } from '@jest/globals';
import { BlobCorrupt, BlobMissing, BlobStoreUnavailable } from '@entrepot/blob-store';
import { DamageReporter } from './damage-reporter.js';

function reporter(answers: () => Promise<unknown> = async () => ({})) {
  const told: unknown[] = [];
  const clock = { now: 0 };
  const ask = (_question: unknown, request: unknown) => {
    told.push(request);
    return answers();
  };
  const damage = new DamageReporter({ ask } as never, { warn: () => undefined } as never, () => clock.now);
  return { damage, told, clock };
}

describe('DamageReporter', () => {
  it('tells of wrong, missing and unreadable bytes, and of nothing else', () => {
    const { damage, told } = reporter();
    damage.met(new BlobCorrupt('k', 'cut'), 'r', 'sha256:1');
    damage.met(new BlobMissing('k'), 'r', 'sha256:2');
    damage.met(new BlobStoreUnavailable('away', true), 'r', 'sha256:3');
    damage.met(new Error('the client is gone'), 'r', 'sha256:4');
    const badSector = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    damage.met(new BlobStoreUnavailable('the blob store failed', false, { cause: badSector }), 'r', 'sha256:5');
    expect(told).toEqual(['sha256:1', 'sha256:2', 'sha256:5'].map((digest) => ({ registryId: 'r', digest })));
  });

  it('tells of a blob that many pull once in ten seconds', () => {
    const { damage, told, clock } = reporter();
    const met = () => damage.met(new BlobMissing('k'), 'r', 'sha256:1');
    met();
    clock.now = 9_000;
    met();
    expect(told).toHaveLength(1);
    clock.now = 10_000;
    met();
    expect(told).toHaveLength(2);
  });

  it('tells again when the catalog did not hear it', async () => {
    const { damage, told } = reporter(() => Promise.reject(new Error('no answer')));
    damage.met(new BlobMissing('k'), 'r', 'sha256:1');
    await Promise.resolve();
    await new Promise(setImmediate);
    damage.met(new BlobMissing('k'), 'r', 'sha256:1');
    expect(told).toHaveLength(2);
  });
});
