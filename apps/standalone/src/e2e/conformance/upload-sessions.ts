import { expect, it } from '@jest/globals';
import { aBlob, type Algorithm, openUpload, UploadSession } from '@entrepot/testing';
import type { Place } from '../support/place.js';

/** end-5, end-13 and end-14: what a session tells, and what it takes. */
export function uploadSessions(place: () => Place, algorithm: Algorithm): void {
  const begun = async (what: string) => {
    const { client, image, seed } = place();
    const blob = aBlob(900, `${seed} ${algorithm} session ${what}`, { algorithm });
    const opened = await openUpload(client, image('sessions'), blob.digest);
    expect(opened.status).toBe(202);
    return { session: new UploadSession(client, opened), blob, path: `/v2/${image('sessions')}/blobs/${blob.digest}` };
  };

  it('tells how far it is', async () => {
    const { session, blob } = await begun('status');
    const before = await session.status();
    expect([before.status, before.header('range'), before.body.length]).toEqual([204, '0-0', 0]);
    expect(before.header('location')).toBeDefined();
    const patched = await session.chunk(blob.bytes.subarray(0, 300));
    expect([patched.status, patched.header('range')]).toEqual([202, '0-299']);
    const after = await session.status();
    expect([after.status, after.header('range')]).toEqual([204, '0-299']);
  });

  it('answers 416 to a chunk that begins too far on, says where it is, and goes on from there', async () => {
    const { session, blob, path } = await begun('gap');
    expect((await session.chunk(blob.bytes.subarray(0, 300))).status).toBe(202);
    expect((await session.chunk(blob.bytes.subarray(600), 600)).status).toBe(416);
    const status = await session.status();
    expect([status.status, status.header('range')]).toEqual([204, '0-299']);
    expect((await session.chunk(blob.bytes.subarray(300, 600))).status).toBe(202);
    expect((await session.end(blob.digest, blob.bytes.subarray(600))).status).toBe(201);
    expect((await place().client.get(path)).body.equals(blob.bytes)).toBe(true);
  });

  it('answers 416 to a chunk that it has already', async () => {
    const { session, blob } = await begun('again');
    expect((await session.chunk(blob.bytes.subarray(0, 300))).status).toBe(202);
    expect((await session.chunk(blob.bytes.subarray(0, 300), 0)).status).toBe(416);
    expect((await session.status()).header('range')).toBe('0-299');
  });

  it('answers 416 to a first chunk that does not begin at 0', async () => {
    const { session, blob } = await begun('first');
    expect((await session.chunk(blob.bytes.subarray(100, 200), 100)).status).toBe(416);
    expect((await session.chunk(blob.bytes.subarray(0, 100), 0)).status).toBe(202);
  });

  it('answers 416 to a last chunk in the PUT that is out of order, and changes nothing', async () => {
    const { session, blob, path } = await begun('last');
    expect((await session.chunk(blob.bytes.subarray(0, 300))).status).toBe(202);
    const { client } = place();
    const ended = await client.put(`${session.location}?digest=${blob.digest}`, blob.bytes.subarray(600), {
      'content-range': '600-899',
    });
    expect(ended.status).toBe(416);
    expect((await client.get(path)).status).toBe(404);
    expect((await session.status()).header('range')).toBe('0-299');
  });

  it.each(['bytes 0-99/900', '99-0', '0-', 'zero-99', '0-99/900'])(
    'answers 400 to Content-Range: %s',
    async (range) => {
      const { session, blob } = await begun('malformed');
      const reply = await place().client.patch(session.location, blob.bytes.subarray(0, 100), {
        'content-range': range,
      });
      expect([reply.status, reply.code]).toEqual([400, 'BLOB_UPLOAD_INVALID']);
      expect((await session.status()).header('range')).toBe('0-0');
    },
  );

  it('answers 400 to a Content-Range of another length than the body', async () => {
    const { session, blob } = await begun('length');
    const reply = await place().client.patch(session.location, blob.bytes.subarray(0, 100), {
      'content-range': '0-199',
    });
    expect([reply.status, reply.code]).toEqual([400, 'SIZE_INVALID']);
    expect((await session.status()).header('range')).toBe('0-0');
  });

  it('ends when it is cancelled', async () => {
    const { session, blob } = await begun('cancel');
    expect((await session.chunk(blob.bytes.subarray(0, 300))).status).toBe(202);
    expect((await session.cancel()).status).toBe(204);
    const after = await Promise.all([
      session.status(),
      session.cancel(),
      session.end(blob.digest),
      session.chunk(blob.bytes.subarray(300)),
    ]);
    expect(after.map(({ status, code }) => [status, code])).toEqual(after.map(() => [404, 'BLOB_UPLOAD_UNKNOWN']));
  });

  it('is known under its own image only', async () => {
    const { session } = await begun('elsewhere');
    const { client, image } = place();
    const foreign = session.location.replace(image('sessions'), image('sessions-elsewhere'));
    expect(foreign).not.toBe(session.location);
    const reply = await client.get(foreign);
    expect([reply.status, reply.code]).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    expect((await session.status()).status).toBe(204);
  });
}
