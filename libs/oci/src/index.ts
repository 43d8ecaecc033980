export { Digest, DIGEST_ALGORITHMS, type DigestAlgorithm } from './digest.js';
export { parseDescriptor, type Descriptor, type Platform } from './descriptor.js';
export { isOciErrorCode, ociErrors, type OciErrorCode, type OciErrorRow } from './error-codes.js';
export { MAX_MANIFEST_BYTES, oci } from './error-factories.js';
export { OciError, type OciErrorBody, type OciErrorJson, type OciErrorOptions } from './errors.js';
export { parseImageAddress, type AddressStyle, type ImageAddress } from './image-address.js';
export { bareMediaType } from './manifest-media-type.js';
export { MAX_INDEX_ENTRIES, MAX_LAYERS, parseManifest, type ParsedManifest } from './manifest.js';
export {
  classify,
  DOCKER_FOREIGN_LAYER_PREFIX,
  DOCKER_IMAGE_CONFIG,
  DOCKER_LAYER_TAR_GZIP,
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  DOCKER_SCHEMA1_PREFIX,
  isMediaType,
  isNonDistributable,
  MANIFEST_MEDIA_TYPES,
  MAX_MEDIA_TYPE_LENGTH,
  OCI_ARTIFACT_MANIFEST,
  OCI_EMPTY_JSON,
  OCI_IMAGE_CONFIG,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
  OCI_LAYER_TAR,
  OCI_LAYER_TAR_GZIP,
  OCI_LAYER_TAR_ZSTD,
  OCI_NONDISTRIBUTABLE_LAYER_PREFIX,
  type ManifestKind,
} from './media-types.js';
export {
  ImageName,
  MAX_NAME_LENGTH,
  parseImageName,
  parseRegistryName,
  parseRepositoryName,
  splitRegistrySegment,
} from './names.js';
export { linkNext, parsePageSize } from './page.js';
export { parseByteRange, parseContentRange, type ByteRange, type ByteSpan } from './range.js';
export { parseReference, referenceText, tryParseReference, type Reference } from './reference.js';
export { isReferrersFallbackTag, parseReferrersFallbackTag, referrersFallbackTag } from './referrers-tag.js';
export { MAX_TAG_LENGTH, Tag } from './tag.js';
