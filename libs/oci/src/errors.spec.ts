import { describe, expect, it } from '@jest/globals';
import { Digest } from './digest.js';
import { ociErrors, type OciErrorCode } from './error-codes.js';
import { oci } from './error-factories.js';
import { OciError } from './errors.js';

const digest = Digest.of(Buffer.from('x'));

describe('OciError', () => {
  it('holds every code of the specification', () => {
    expect(Object.keys(ociErrors).slice(0, 14)).toEqual([
      'BLOB_UNKNOWN',
      'BLOB_UPLOAD_INVALID',
      'BLOB_UPLOAD_UNKNOWN',
      'DIGEST_INVALID',
      'MANIFEST_BLOB_UNKNOWN',
      'MANIFEST_INVALID',
      'MANIFEST_UNKNOWN',
      'NAME_INVALID',
      'NAME_UNKNOWN',
      'SIZE_INVALID',
      'UNAUTHORIZED',
      'DENIED',
      'UNSUPPORTED',
      'TOOMANYREQUESTS',
    ]);
  });

  it('takes status and message from the table unless told otherwise', () => {
    expect(new OciError('NAME_UNKNOWN')).toMatchObject({
      status: 404,
      message: 'repository name not known to registry',
      code: 'NAME_UNKNOWN',
    });
    expect(new OciError('UNSUPPORTED', 'no', { status: 400 })).toMatchObject({ status: 400, message: 'no' });
  });

  it('writes the body of the specification, with detail only when there is one', () => {
    expect(new OciError('DENIED', 'no').toBody()).toEqual({ errors: [{ code: 'DENIED', message: 'no' }] });
    expect(oci.blobUnknown(digest).toBody()).toEqual({
      errors: [
        { code: 'BLOB_UNKNOWN', message: `blob ${digest} is not in this image`, detail: { digest: digest.toString() } },
      ],
    });
  });

  it('survives a journey as JSON with all that the response needs', () => {
    for (const error of [
      oci.tooManyRequests('slow down', 3),
      oci.manifestTooLarge(),
      oci.blobUnknown(digest),
      oci.internal(),
    ]) {
      const back = OciError.fromJSON(JSON.parse(JSON.stringify(error)));
      expect(back).toBeInstanceOf(OciError);
      expect(back.toJSON()).toEqual(error.toJSON());
      expect(back.toBody()).toEqual(error.toBody());
    }
  });

  it('does not send its cause or stack along', () => {
    const text = JSON.stringify(oci.internal(new Error('password is hunter2')));
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('stack');
  });

  it.each([
    ['null', null],
    ['text', 'BLOB_UNKNOWN'],
    ['a foreign error', { name: 'Error', message: 'x' }],
    ['an unknown code', { name: 'OciError', code: 'TEAPOT', status: 418, message: 'x' }],
    ['a code that every object has', { name: 'OciError', code: 'toString', status: 400, message: 'x' }],
    ['a status that is no error', { name: 'OciError', code: 'DENIED', status: 200, message: 'x' }],
    ['a status in text', { name: 'OciError', code: 'DENIED', status: '403', message: 'x' }],
    ['no message', { name: 'OciError', code: 'DENIED', status: 403 }],
    [
      'a header that would add a header',
      { name: 'OciError', code: 'DENIED', status: 403, message: 'x', headers: { a: 'b\r\nc: d' } },
    ],
    [
      'a header name that would',
      { name: 'OciError', code: 'DENIED', status: 403, message: 'x', headers: { 'a: b\r\nc': 'd' } },
    ],
  ])('makes a plain 500 of %s', (_what, value) => {
    const error = OciError.fromJSON(value);
    expect(error).toMatchObject({ code: 'UNKNOWN', status: 500, message: 'unknown error' });
    expect(error.headers).toBeUndefined();
  });
});

describe('oci', () => {
  it.each<[string, OciError, OciErrorCode, number]>([
    ['blobDamaged', oci.blobDamaged(digest), 'BLOB_UNKNOWN', 404],
    ['blobUploadInvalid', oci.blobUploadInvalid('m'), 'BLOB_UPLOAD_INVALID', 400],
    ['blobUploadUnknown', oci.blobUploadUnknown('id'), 'BLOB_UPLOAD_UNKNOWN', 404],
    ['digestInvalid', oci.digestInvalid('m'), 'DIGEST_INVALID', 400],
    ['manifestBlobUnknown', oci.manifestBlobUnknown([digest]), 'MANIFEST_BLOB_UNKNOWN', 404],
    ['manifestInvalid', oci.manifestInvalid('m'), 'MANIFEST_INVALID', 400],
    ['manifestUnknown', oci.manifestUnknown('latest'), 'MANIFEST_UNKNOWN', 404],
    ['manifestTooLarge', oci.manifestTooLarge(), 'MANIFEST_INVALID', 413],
    ['nameInvalid', oci.nameInvalid('m'), 'NAME_INVALID', 400],
    ['nameUnknown', oci.nameUnknown('m'), 'NAME_UNKNOWN', 404],
    ['sizeInvalid', oci.sizeInvalid('m'), 'SIZE_INVALID', 400],
    ['unauthorized', oci.unauthorized('m'), 'UNAUTHORIZED', 401],
    ['denied', oci.denied('m'), 'DENIED', 403],
    ['quotaExceeded', oci.quotaExceeded('m'), 'DENIED', 403],
    ['unsupported', oci.unsupported('m'), 'UNSUPPORTED', 405],
    ['unsupported with a status', oci.unsupported('m', { status: 400 }), 'UNSUPPORTED', 400],
    ['tooManyRequests', oci.tooManyRequests('m', 1), 'TOOMANYREQUESTS', 429],
    ['rangeInvalid', oci.rangeInvalid('m'), 'BLOB_UPLOAD_INVALID', 416],
    ['rangeNotSatisfiable', oci.rangeNotSatisfiable(5), 'UNSUPPORTED', 416],
    ['unavailable', oci.unavailable('m'), 'UNAVAILABLE', 503],
    ['internal', oci.internal(), 'UNKNOWN', 500],
  ])('%s has its code and status', (_name, error, code, status) => {
    expect(error).toMatchObject({ code, status });
  });

  it('tells in whole seconds, at least one, when to come back', () => {
    expect(oci.tooManyRequests('m', 0).headers).toEqual({ 'retry-after': '1' });
    expect(oci.tooManyRequests('m', 1.2).headers).toEqual({ 'retry-after': '2' });
    expect(oci.unavailable('m').headers).toEqual({ 'retry-after': '1' });
    expect(oci.unavailable('m', Infinity).headers).toEqual({ 'retry-after': '1' });
  });

  it('names a screenful of missing digests, not ten thousand', () => {
    const error = oci.manifestBlobUnknown(Array.from({ length: 10_000 }, () => digest));
    expect((error.detail as { digests: string[] }).digests).toHaveLength(100);
    expect(error.message).toContain('and 9997 more');
    expect(error.message.length).toBeLessThan(400);
  });

  it('puts a challenge into the header that clients read', () => {
    expect(oci.unauthorized('log in', 'Bearer realm="x"').headers).toEqual({ 'www-authenticate': 'Bearer realm="x"' });
  });

  it('does not repeat an endless or many-lined id', () => {
    expect(oci.blobUploadUnknown('a\n'.repeat(100_000)).message.length).toBeLessThan(300);
    expect(oci.blobUploadUnknown('a\n').message).not.toContain('\n');
  });
});
