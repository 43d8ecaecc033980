import { oci } from './error-factories.js';
import { readOptionalString, type JsonObject } from './field-readers.js';
import {
  classify,
  DOCKER_SCHEMA1_PREFIX,
  MANIFEST_MEDIA_TYPES,
  OCI_ARTIFACT_MANIFEST,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
  type ManifestKind,
} from './media-types.js';
import { quoted } from './quote.js';

const SCHEMA1_REFUSAL =
  'Docker schema 1 manifests are not supported: no client since Docker 1.10 needs them; push the image again with a current one';

/**
 * Settles what a document is. Its `Content-Type` and its `mediaType` must agree, and its fields must fit: one document that is a manifest to
 * one client and an index to another is CVE-2021-41190. Throws `MANIFEST_INVALID` (400) with what to send instead.
 */
export function settleMediaType(
  document: JsonObject,
  contentType: string | null,
): { mediaType: string; kind: ManifestKind } {
  const sent = bareMediaType(contentType);
  const written = readOptionalString(document['mediaType'], 'mediaType') || null;
  if (document['schemaVersion'] === 1 || sent?.startsWith(DOCKER_SCHEMA1_PREFIX))
    throw oci.manifestInvalid(SCHEMA1_REFUSAL);
  if (document['schemaVersion'] !== 2) throw oci.manifestInvalid('schemaVersion must be 2');
  if (sent !== null && written !== null && sent !== written) {
    throw oci.manifestInvalid(`Content-Type is ${quoted(sent)}, but the document's mediaType is ${quoted(written)}`);
  }
  const mediaType = sent ?? written;
  if (mediaType === null) throw undeclared(document);
  const kind = classify(mediaType);
  if (kind === null) throw unsupported(mediaType);
  refuseOtherKind(document, kind);
  return { mediaType, kind };
}

/** The media type of a header without its parameters, in lower case (RFC 9110 §8.3.1); null when absent or empty. */
export function bareMediaType(contentType: string | null): string | null {
  const end = contentType?.indexOf(';') ?? -1;
  return (end < 0 ? contentType : contentType?.slice(0, end))?.trim().toLowerCase() || null;
}

function refuseOtherKind(document: JsonObject, kind: ManifestKind): void {
  const foreign = kind === 'image' ? ['manifests', 'fsLayers'] : ['config', 'layers', 'fsLayers'];
  const found = foreign.find((key) => document[key] !== undefined && document[key] !== null);
  if (found === undefined) return;
  throw oci.manifestInvalid(
    `${kind === 'image' ? 'an image manifest' : 'an index'} may not have ${quoted(found)}: clients would disagree on what it is`,
  );
}

function undeclared(document: JsonObject) {
  const guess = 'manifests' in document ? OCI_IMAGE_INDEX : OCI_IMAGE_MANIFEST;
  return oci.manifestInvalid(
    `nothing says what this document is: send a Content-Type or write a mediaType, here probably ${guess}`,
  );
}

function unsupported(mediaType: string) {
  if (mediaType === OCI_ARTIFACT_MANIFEST) {
    return oci.manifestInvalid(
      `the OCI artifact manifest was withdrawn: push an image manifest (${OCI_IMAGE_MANIFEST}) with an artifactType`,
    );
  }
  return oci.manifestInvalid(
    `${quoted(mediaType)} is not the media type of a manifest: use one of ${MANIFEST_MEDIA_TYPES.join(', ')}`,
  );
}
