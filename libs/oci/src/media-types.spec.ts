import { describe, expect, it } from '@jest/globals';
import { classify, isMediaType, isNonDistributable, MANIFEST_MEDIA_TYPES, OCI_LAYER_TAR_GZIP } from './media-types.js';

describe('classify', () => {
  it.each([
    ['application/vnd.oci.image.manifest.v1+json', 'image'],
    ['application/vnd.oci.image.index.v1+json', 'index'],
    ['application/vnd.docker.distribution.manifest.v2+json', 'image'],
    ['application/vnd.docker.distribution.manifest.list.v2+json', 'index'],
    ['application/vnd.docker.distribution.manifest.v1+prettyjws', null],
    ['application/vnd.oci.image.config.v1+json', null],
    ['application/json', null],
    ['constructor', null],
    ['', null],
  ])('takes %s for %s', (mediaType, kind) => {
    expect(classify(mediaType)).toBe(kind);
  });

  it('knows every type that may be pushed', () => {
    expect(MANIFEST_MEDIA_TYPES).toHaveLength(4);
    for (const mediaType of MANIFEST_MEDIA_TYPES) expect(classify(mediaType)).not.toBeNull();
  });
});

describe('isMediaType', () => {
  const half = 'a'.repeat(127);

  it.each([
    ['both halves at their longest', `${half}/${half}`],
    ['parameters', 'application/vnd.example+json; charset=utf-8'],
    ['a name without a slash', 'example'],
    ['parameters that reach the bound', `a/b;${'c'.repeat(251)}`],
  ])('lets %s through', (_, text) => expect(isMediaType(text)).toBe(true));

  it.each([
    ['nothing', ''],
    ['a type of 128 characters', `a${half}/b`],
    ['a subtype of 128 characters', `a/b${half}`],
    ['a name without a slash of 128 characters', `a${half}`],
    ['256 characters', `a/b;${'c'.repeat(252)}`],
    ['a line break', 'a/b\n'],
    ['letters beyond ASCII', 'a/é'],
    ['a space at the end', 'a/b '],
  ])('refuses %s', (_, text) => expect(isMediaType(text)).toBe(false));
});

describe('isNonDistributable', () => {
  it('covers the layers of both families, in every compression', () => {
    expect(isNonDistributable('application/vnd.oci.image.layer.nondistributable.v1.tar')).toBe(true);
    expect(isNonDistributable('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip')).toBe(true);
    expect(isNonDistributable('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip')).toBe(true);
    expect(isNonDistributable(OCI_LAYER_TAR_GZIP)).toBe(false);
  });
});
