import { expect, it } from '@jest/globals';
import { aBlob, openUpload, type RegistryClient, UploadSession, locationOf } from '@entrepot/testing';
import type { Scene } from '../support/scene.js';
import type { Actors } from './actors.js';

/** Sessions are bound to principal and image (CVE-2026-32589), blobs to images (CVE-2024-39897). */
export function foreignBlobs(scene: () => Scene, actors: Actors): void {
  it('an upload is unknown to another principal, whatever it may', async () => {
    const name = 'demo/apps/own-session';
    const pusher = actors().get('pull and push') as RegistryClient;
    const { bytes, digest } = aBlob(100, 'own session');
    const opened = await openUpload(pusher, name);
    const location = locationOf(opened);
    const { root } = scene();
    const attempts = [
      await root.get(location),
      await root.patch(location, bytes),
      await root.put(`${location}?digest=${digest}`, bytes),
      await root.delete(location),
    ];
    expect(attempts.map(({ status, code }) => [status, code])).toEqual(
      attempts.map(() => [404, 'BLOB_UPLOAD_UNKNOWN']),
    );
    expect((await new UploadSession(pusher, opened).end(digest, bytes)).status).toBe(201);
  });

  it('a blob is pulled by the name of an image that has it, and by no other', async () => {
    const { root } = scene();
    const blob = aBlob(100, 'foreign blob');
    await root.pushBlob('demo/apps/has-it', blob);
    for (const name of ['demo/apps/has-it-not', 'demo/charts/has-it']) {
      const reply = await root.get(`/v2/${name}/blobs/${blob.digest}`);
      expect([reply.status, reply.code]).toEqual([404, 'BLOB_UNKNOWN']);
    }
  });

  it('a blob that was deleted from one image cannot be read through it, though another has it', async () => {
    const { root } = scene();
    const blob = aBlob(100, 'deleted here');
    for (const name of ['demo/apps/left', 'demo/apps/kept']) await root.pushBlob(name, blob);
    expect((await root.delete(`/v2/demo/apps/left/blobs/${blob.digest}`)).status).toBe(202);
    expect((await root.get(`/v2/demo/apps/left/blobs/${blob.digest}`)).status).toBe(404);
    expect((await root.get(`/v2/demo/apps/kept/blobs/${blob.digest}`)).body.equals(blob.bytes)).toBe(true);
  });
}
