import { describe, expect, it } from '@jest/globals';
import { ConfigInvalid, loadConfig } from '@entrepot/platform-config';
import { StorageConfig } from './storage.config.js';

const S3 = {
  ENTREPOT_STORAGE: 's3',
  ENTREPOT_S3_ENDPOINT: 'http://minio:9000',
  ENTREPOT_S3_ACCESS_KEY: 'key',
  ENTREPOT_S3_SECRET_KEY: 'secret',
  ENTREPOT_S3_BUCKET: 'blobs',
};

const place = (env: Record<string, string>) => loadConfig(StorageConfig, env).place;

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    place(env);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  return [];
}

describe('the settings of storage', () => {
  it('mean a directory unless told, which must be named', () => {
    expect(place({ ENTREPOT_BLOB_DIR: '/blobs' })).toEqual({ driver: 'directory', root: '/blobs' });
    expect(loadConfig(StorageConfig, {}).objectStorage).toBe(false);
    expect(problemsOf({})).toEqual([
      'ENTREPOT_BLOB_DIR is not set, and ENTREPOT_STORAGE=directory keeps the bytes there.',
    ]);
  });

  it('mean one bucket, or one for each registry', () => {
    expect(place(S3)).toMatchObject({
      driver: 's3',
      options: {
        endpoint: 'http://minio:9000',
        accessKey: 'key',
        secretKey: 'secret',
        bucket: 'blobs',
        giveUpMs: 30_000,
      },
    });
    const each = place({ ...S3, ENTREPOT_S3_BUCKET: '', ENTREPOT_S3_BUCKET_PREFIX: 'registry-' });
    expect(each).toMatchObject({ options: { bucketPrefix: 'registry-' } });
    expect(each).not.toHaveProperty('options.bucket');
    expect(loadConfig(StorageConfig, S3).objectStorage).toBe(true);
  });

  it('name all that S3 lacks at once', () => {
    expect(problemsOf({ ENTREPOT_STORAGE: 's3' })).toEqual([
      'ENTREPOT_S3_ENDPOINT is not set, and ENTREPOT_STORAGE=s3 needs it.',
      'ENTREPOT_S3_ACCESS_KEY is not set, and ENTREPOT_STORAGE=s3 needs it.',
      'ENTREPOT_S3_SECRET_KEY is not set, and ENTREPOT_STORAGE=s3 needs it.',
      'ENTREPOT_STORAGE=s3 needs either ENTREPOT_S3_BUCKET or ENTREPOT_S3_BUCKET_PREFIX.',
    ]);
    expect(problemsOf({ ...S3, ENTREPOT_S3_BUCKET_PREFIX: 'registry-' })).toHaveLength(1);
    expect(() => place({ ENTREPOT_STORAGE: 'tape' })).toThrow('not one of directory, s3');
  });

  it('mean both while bytes move, the new one first', () => {
    const both = { ...S3, ENTREPOT_BLOB_DIR: '/blobs', ENTREPOT_STORAGE_ALSO: 'directory' };
    expect(place(both)).toMatchObject({ driver: 's3', also: { driver: 'directory', root: '/blobs' } });
    const back = place({ ...both, ENTREPOT_STORAGE: 'directory', ENTREPOT_STORAGE_ALSO: 's3' });
    expect(back).toMatchObject({ driver: 'directory', also: { driver: 's3', options: { bucket: 'blobs' } } });
    expect(place({ ...S3, ENTREPOT_STORAGE_ALSO: '' })).not.toHaveProperty('also');
    expect(problemsOf({ ...S3, ENTREPOT_STORAGE_ALSO: 's3' })).toEqual([
      'ENTREPOT_STORAGE_ALSO=s3 names the same storage as ENTREPOT_STORAGE.',
    ]);
    expect(problemsOf({ ...S3, ENTREPOT_STORAGE_ALSO: 'directory' })).toEqual([
      'ENTREPOT_BLOB_DIR is not set, and ENTREPOT_STORAGE_ALSO=directory keeps the bytes there.',
    ]);
  });
});
