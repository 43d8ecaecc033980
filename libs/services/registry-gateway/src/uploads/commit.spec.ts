import { describe, expect, it } from '@jest/globals';
import { RunningDigest } from '@entrepot/blob-store';
import type { UploadClaim } from '@entrepot/contracts';
import { Digest, oci } from '@entrepot/oci';
import type { Target } from '../access/target.js';
import type { Ports } from '../plane/ports.js';
import { commit } from './commit.js';
import { RunningDigests } from './running-digests.js';

const BYTES = 'layer';

/** Commits an upload of {@link BYTES}; what the ports were asked for, in order. */
async function steps(failures: { row?: Error } = {}): Promise<{ done: string[]; failed: unknown }> {
  const done: string[] = [];
  const step = async (name: string, failure?: Error): Promise<object> => {
    done.push(name);
    if (failure) throw failure;
    return {};
  };
  const ports = {
    blobs: { commit: () => step('seal'), tidy: () => step('tidy') },
    messages: { ask: () => step('row', failures.row) },
    digests: new RunningDigests(),
    logger: { warn: () => undefined },
  } as unknown as Ports;
  const digest = new RunningDigest('sha256');
  void digest.update(Buffer.from(BYTES));
  const claim = { uploadId: 'u1', key: 'k1', algorithm: 'sha256', offset: 0, revision: 2 } as UploadClaim;
  const received = { state: {}, offset: BYTES.length, digest };
  const target = { scope: {} } as Target;
  const committed = commit(ports, target, claim, received, Digest.of(Buffer.from(BYTES), 'sha256'));
  const failed: unknown = await committed.then(
    () => null,
    (error: unknown) => error,
  );
  return { done, failed };
}

describe('committing an upload', () => {
  it('ends with the row: what other attempts left is removed by nobody whom a client waits for', async () => {
    expect(await steps()).toEqual({ done: ['seal', 'row'], failed: null });
  });

  it('takes nothing from whoever took the upload over', async () => {
    const refusal = oci.rangeInvalid('another request took the upload over');
    expect(await steps({ row: refusal })).toEqual({ done: ['seal', 'row'], failed: refusal });
  });
});
