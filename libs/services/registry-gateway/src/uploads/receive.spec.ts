import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { UPLOAD_CLAIM_MS, type UploadClaim } from '@entrepot/contracts';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { ClientGone } from '../plane/read-body.js';
import { receiveBody } from './receive.js';
import { RunningDigests } from './running-digests.js';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

/** Receives a body that goes on for ever. */
function receiving(): { body: PassThrough; received: Promise<unknown> } {
  const body = new PassThrough();
  const append = async (_key: string, state: object, bytes: AsyncIterable<Uint8Array>) => {
    let written = 0;
    for await (const chunk of bytes) written += chunk.length;
    return { state, written };
  };
  const ports = {
    blobs: { append, newDigest: () => null },
    config: { maxBlobBytes: 1_000 },
    digests: new RunningDigests(),
  };
  const claim = { uploadId: 'u1', key: 'k1', algorithm: 'sha256', offset: 0, revision: 2, state: {} } as UploadClaim;
  const call = { headers: {}, body, sendForBody: () => undefined };
  const received = receiveBody(ports as unknown as Ports, call as unknown as Call, claim);
  received.catch(() => undefined);
  return { body, received };
}

describe('receiving the body of an upload', () => {
  it('is cut off when its claim runs out: from then on its bytes are nobody’s', async () => {
    const { body, received } = receiving();
    await jest.advanceTimersByTimeAsync(UPLOAD_CLAIM_MS - 1);
    body.write('still here');
    expect(body.destroyed).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(body.destroyed).toBe(true);
    await expect(received).rejects.toBeInstanceOf(ClientGone);
  });

  it('leaves no timer behind', async () => {
    const { body, received } = receiving();
    body.end('all');
    await expect(received).resolves.toMatchObject({ offset: 3 });
    expect(jest.getTimerCount()).toBe(0);
  });
});
