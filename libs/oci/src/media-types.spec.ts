import { describe, expect, it } from '@jest/globals';
import { classify, isNonDistributable, MANIFEST_MEDIA_TYPES, OCI_LAYER_TAR_GZIP } from './media-types.js';

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

describe('isNonDistributable', () => {
  it('covers the layers of both families, in every compression', () => {
    expect(isNonDistributable('application/vnd.oci.image.layer.nondistributable.v1.tar')).toBe(true);
    expect(isNonDistributable('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip')).toBe(true);
    expect(isNonDistributable('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip')).toBe(true);
    expect(isNonDistributable(OCI_LAYER_TAR_GZIP)).toBe(false);
  });
});
