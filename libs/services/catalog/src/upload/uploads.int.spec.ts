import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aBlob, pushBlob } from '../testing/pushes.js';
import { ScratchCatalog } from '../testing/scratch-catalog.js';
import { commitUpload } from './commit-upload.js';
import { advanceUpload, cancelUpload, claimUpload, uploadStatus } from './continue-upload.js';
import { openUpload } from './open-upload.js';

let catalog: ScratchCatalog;
beforeAll(async () => {
  catalog = await ScratchCatalog.open();
});
afterAll(() => catalog?.close());

const open = (image: string) => openUpload(catalog.ports, { ...catalog.scope(image), algorithm: 'sha256' });
const at = (image: string, uploadId: string) => ({ ...catalog.scope(image), uploadId });
const state = { parts: ['one'] };
const commit = (image: string, uploadId: string, revision: number, digest: string, size = 16) =>
  commitUpload(catalog.ports, { ...at(image, uploadId), revision, digest, size, location: { uploadId } });
const generations = (digest: string) =>
  catalog.query<{ state: string }>(`SELECT state FROM blob WHERE hex = $1 ORDER BY state`, [digest.slice(7)]);

describe('an upload session', () => {
  it('opens at revision 1 with a key of its own and no bytes', async () => {
    const [one, two] = [await open('open'), await open('open')];
    expect(one).toMatchObject({ revision: 1, offset: 0, state: null, digestSoFar: null, algorithm: 'sha256' });
    expect(one.key).toMatch(new RegExp(`^registries/${catalog.registryId}/blobs/`));
    expect(one.key).not.toBe(two.key);
  });

  it('is refused in a repository that is gone, or being deleted', async () => {
    const scope = { ...catalog.scope('x'), algorithm: 'sha256' as const };
    await expect(openUpload(catalog.ports, { ...scope, repositoryId: 'f'.repeat(32) })).rejects.toMatchObject({
      code: 'NAME_UNKNOWN',
    });
    await catalog.query(`UPDATE repository SET state = 'Deleting'`);
    await expect(openUpload(catalog.ports, scope)).rejects.toMatchObject({ code: 'DENIED' });
    await catalog.query(`UPDATE repository SET state = 'Active'`);
  });

  it('advances, and goes on from there with the state that was left', async () => {
    const { uploadId } = await open('advance');
    await advanceUpload(catalog.ports, {
      ...at('advance', uploadId),
      revision: 1,
      offset: 10,
      state,
      digestSoFar: 'd',
    });
    expect(await uploadStatus(catalog.ports, at('advance', uploadId))).toEqual({ offset: 10, algorithm: 'sha256' });
    const claim = await claimUpload(catalog.ports, { ...at('advance', uploadId), expectedOffset: 10 });
    expect(claim).toMatchObject({ revision: 2, offset: 10, state, digestSoFar: 'd' });
  });

  it('is nobody else’s: another image, another actor and another registry get 404', async () => {
    const { uploadId } = await open('mine');
    const strangers = [
      at('yours', uploadId),
      { ...catalog.scope('mine', 'EKOTHER'), uploadId },
      { ...at('mine', uploadId), registryId: 'e'.repeat(32) },
      at('mine', 'nonsense'),
    ];
    for (const stranger of strangers) {
      const refusal = { code: 'BLOB_UPLOAD_UNKNOWN', status: 404 };
      await expect(uploadStatus(catalog.ports, stranger)).rejects.toMatchObject(refusal);
      await expect(claimUpload(catalog.ports, { ...stranger, expectedOffset: null })).rejects.toMatchObject(refusal);
      await expect(cancelUpload(catalog.ports, stranger)).rejects.toMatchObject(refusal);
    }
  });

  it('answers 416 with the true offset to a chunk at another one, and takes nothing from who holds the session', async () => {
    const { uploadId } = await open('order');
    await advanceUpload(catalog.ports, { ...at('order', uploadId), revision: 1, offset: 10, state, digestSoFar: null });
    const refused = claimUpload(catalog.ports, { ...at('order', uploadId), expectedOffset: 5 });
    await expect(refused).rejects.toMatchObject({ status: 416, headers: { range: '0-9' } });
    await advanceUpload(catalog.ports, { ...at('order', uploadId), revision: 1, offset: 12, state, digestSoFar: null });
  });

  it('obeys only its latest claim: who was superseded can neither advance nor commit', async () => {
    const { uploadId } = await open('fence');
    await claimUpload(catalog.ports, { ...at('fence', uploadId), expectedOffset: null });
    const late = { ...at('fence', uploadId), revision: 1, offset: 99, state, digestSoFar: null };
    await expect(advanceUpload(catalog.ports, late)).rejects.toMatchObject({ status: 416, headers: { range: '0-0' } });
    await expect(commit('fence', uploadId, 1, aBlob().digest)).rejects.toMatchObject({ status: 416 });
    await advanceUpload(catalog.ports, { ...late, revision: 2 });
  });

  it('gives each of many claims at once a revision of its own', async () => {
    const { uploadId } = await open('claims');
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => claimUpload(catalog.ports, { ...at('claims', uploadId), expectedOffset: 0 })),
    );
    expect(claims.map((claim) => claim.revision).sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('that was cancelled is gone', async () => {
    const { uploadId } = await open('cancel');
    await cancelUpload(catalog.ports, at('cancel', uploadId));
    await expect(uploadStatus(catalog.ports, at('cancel', uploadId))).rejects.toMatchObject({ status: 404 });
    await expect(commit('cancel', uploadId, 1, aBlob().digest)).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
  });

  it('that nobody used for a day is gone', async () => {
    const { uploadId } = await open('old');
    catalog.nextDay();
    await expect(uploadStatus(catalog.ports, at('old', uploadId))).rejects.toMatchObject({ status: 404 });
  });
});

describe('committing an upload', () => {
  it('makes the blob live and links the image, and a retry after a lost answer succeeds', async () => {
    const { digest } = aBlob();
    const { uploadId } = await open('commit');
    await commit('commit', uploadId, 1, digest);
    await commit('commit', uploadId, 1, digest);
    expect(await generations(digest)).toEqual([{ state: 'live' }]);
    await expect(commit('commit', uploadId, 1, aBlob().digest)).rejects.toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
  });

  it('succeeds for the claim that was last only: an earlier one that comes late must not take its own bytes for the blob', async () => {
    const { digest } = aBlob();
    const { uploadId, revision: earlier } = await open('late-rival');
    const { revision } = await claimUpload(catalog.ports, { ...at('late-rival', uploadId), expectedOffset: 0 });
    await commit('late-rival', uploadId, revision, digest);
    await expect(commit('late-rival', uploadId, earlier, digest)).rejects.toMatchObject({
      code: 'BLOB_UPLOAD_UNKNOWN',
    });
    await commit('late-rival', uploadId, revision, digest);
  });

  it('of a digest that is live keeps the live one and gives the new bytes to the worker', async () => {
    const blob = aBlob();
    await pushBlob(catalog, 'twice', blob);
    await pushBlob(catalog, 'twice-elsewhere', blob);
    expect(await generations(blob.digest)).toEqual([{ state: 'live' }, { state: 'releasing' }]);
    const links = await catalog.query(`SELECT DISTINCT generation FROM blob_link WHERE hex = $1`, [
      blob.digest.slice(7),
    ]);
    expect(links).toHaveLength(1);
  });

  it('of one digest by many at once never fails, and leaves one live generation', async () => {
    for (let round = 0; round < 5; round++) {
      const blob = aBlob();
      await Promise.all(Array.from({ length: 10 }, (_, i) => pushBlob(catalog, `commits-${i % 3}`, blob)));
      const states = (await generations(blob.digest)).map((row) => row.state);
      expect(states).toEqual(['live', ...Array<string>(9).fill('releasing')]);
    }
  });

  it('by the same claim many times at once succeeds each time', async () => {
    const { digest } = aBlob();
    const { uploadId } = await open('stutter');
    await Promise.all(Array.from({ length: 6 }, () => commit('stutter', uploadId, 1, digest)));
    expect(await generations(digest)).toEqual([{ state: 'live' }]);
  });

  const untidy = async (uploadId: string) =>
    (
      await catalog.query<{ untidy: boolean }>(
        `SELECT tidy_at IS NOT NULL AS untidy FROM upload WHERE upload_id = $1`,
        [uploadId],
      )
    )[0]?.untidy;
  const claim = (uploadId: string) => claimUpload(catalog.ports, { ...at('untidy', uploadId), expectedOffset: null });
  const advance = (uploadId: string, revision: number, offset: number) =>
    advanceUpload(catalog.ports, { ...at('untidy', uploadId), revision, offset, state, digestSoFar: null });

  it('leaves nothing to remove when its bytes came in one request', async () => {
    const post = await open('untidy');
    await commit('untidy', post.uploadId, 1, aBlob().digest);
    const put = await open('untidy');
    await commit('untidy', put.uploadId, (await claim(put.uploadId)).revision, aBlob().digest);
    const patch = await open('untidy');
    await advance(patch.uploadId, (await claim(patch.uploadId)).revision, 16);
    await commit('untidy', patch.uploadId, (await claim(patch.uploadId)).revision, aBlob().digest);
    expect(await Promise.all([post, put, patch].map(({ uploadId }) => untidy(uploadId)))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('leaves it to the worker to remove what claims left that came to nothing, or several appends', async () => {
    const lost = await open('untidy');
    await claim(lost.uploadId);
    await commit('untidy', lost.uploadId, (await claim(lost.uploadId)).revision, aBlob().digest);
    const lostBefore = await open('untidy');
    await claim(lostBefore.uploadId);
    await advance(lostBefore.uploadId, (await claim(lostBefore.uploadId)).revision, 16);
    await commit('untidy', lostBefore.uploadId, (await claim(lostBefore.uploadId)).revision, aBlob().digest);
    const several = await open('untidy');
    await advance(several.uploadId, (await claim(several.uploadId)).revision, 10);
    await commit('untidy', several.uploadId, (await claim(several.uploadId)).revision, aBlob().digest);
    expect(await Promise.all([lost, lostBefore, several].map(({ uploadId }) => untidy(uploadId)))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('makes an image that is not announced: no fact is told before its first manifest', async () => {
    await pushBlob(catalog, 'quiet', aBlob());
    expect(await catalog.facts('quiet')).toEqual([]);
  });
});
