import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { discardRest } from './linger.js';

/** A request's body: a stream that also tells whether it has come whole. */
const aBody = () => Object.assign(new PassThrough(), { complete: false }) as unknown as IncomingMessage & PassThrough;

describe('the rest of a refused body', () => {
  it('is read to its end', async () => {
    const body = aBody();
    const discarded = discardRest(body, 60_000);
    for (let i = 0; i < 100; i++) body.write(Buffer.alloc(64 * 1024));
    body.end();
    await discarded;
    expect(body.readableLength).toBe(0);
  });

  it('is read no further than the bound on bytes', async () => {
    const body = aBody();
    const discarded = discardRest(body, 60_000, 100_000);
    body.write(Buffer.alloc(200_000));
    await discarded;
    expect(body.listenerCount('data')).toBe(0);
  });

  it('is waited for no longer than the bound on time, nor once the client is gone', async () => {
    await discardRest(aBody(), 1);
    const gone = aBody();
    const discarded = discardRest(gone, 60_000);
    gone.destroy();
    await discarded;
  });

  it('costs nothing where there is none', async () => {
    await discardRest(Object.assign(aBody(), { complete: true }), 60_000);
  });
});
