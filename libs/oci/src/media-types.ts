export const OCI_IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_EMPTY_JSON = 'application/vnd.oci.empty.v1+json';
export const OCI_LAYER_TAR = 'application/vnd.oci.image.layer.v1.tar';
export const OCI_LAYER_TAR_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const OCI_LAYER_TAR_ZSTD = 'application/vnd.oci.image.layer.v1.tar+zstd';
export const OCI_NONDISTRIBUTABLE_LAYER_PREFIX = 'application/vnd.oci.image.layer.nondistributable.';

/** Was in release candidates of image-spec 1.1 and was taken out again. */
export const OCI_ARTIFACT_MANIFEST = 'application/vnd.oci.artifact.manifest.v1+json';

export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_IMAGE_CONFIG = 'application/vnd.docker.container.image.v1+json';
export const DOCKER_LAYER_TAR_GZIP = 'application/vnd.docker.image.rootfs.diff.tar.gzip';
export const DOCKER_FOREIGN_LAYER_PREFIX = 'application/vnd.docker.image.rootfs.foreign.';
export const DOCKER_SCHEMA1_PREFIX = 'application/vnd.docker.distribution.manifest.v1+';

/**
 * Characters in a media type, parameters included: two names of 127 and their slash (RFC 6838 §4.2). Everything that takes one has this bound:
 * they end up in headers, indexed columns and messages.
 */
export const MAX_MEDIA_TYPE_LENGTH = 255;
const MAX_HALF_LENGTH = 127;
const PRINTABLE = /^[!-~](?:[ -~]*[!-~])?$/;

/**
 * Whether a text can be stored and sent as a media type: printable ASCII of at most 255 characters, of which the type and the subtype each have
 * at most 127. No stricter: artifact tools write parameters, and names without a slash.
 */
export function isMediaType(text: string): boolean {
  if (text.length > MAX_MEDIA_TYPE_LENGTH || !PRINTABLE.test(text)) return false;
  const [bare = ''] = text.split(';', 1);
  const slash = bare.indexOf('/');
  const names = slash < 0 ? [bare] : [bare.slice(0, slash), bare.slice(slash + 1)];
  return names.every((name) => name.trim().length <= MAX_HALF_LENGTH);
}

/** An image manifest names one image's blobs; an index names manifests. Docker's two older types are their equals. */
export type ManifestKind = 'image' | 'index';

const KINDS: ReadonlyMap<string, ManifestKind> = new Map([
  [OCI_IMAGE_MANIFEST, 'image'],
  [OCI_IMAGE_INDEX, 'index'],
  [DOCKER_MANIFEST, 'image'],
  [DOCKER_MANIFEST_LIST, 'index'],
]);

/** The media types that a manifest may be pushed as. */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [...KINDS.keys()];

/** The kind of manifest that a media type names; null for anything else. Expects the bare type, in lower case, without parameters. */
export function classify(mediaType: string): ManifestKind | null {
  return KINDS.get(mediaType) ?? null;
}

/** Whether a layer of this type may legally never be pushed. Source: image-spec layer.md, "Non-Distributable Layers". */
export function isNonDistributable(mediaType: string): boolean {
  return mediaType.startsWith(OCI_NONDISTRIBUTABLE_LAYER_PREFIX) || mediaType.startsWith(DOCKER_FOREIGN_LAYER_PREFIX);
}
