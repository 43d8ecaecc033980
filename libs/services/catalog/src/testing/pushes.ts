import { randomBytes } from 'node:crypto';
import type { PutManifestReply } from '@entrepot/contracts';
import { Digest, OCI_EMPTY_JSON, OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST, OCI_LAYER_TAR_GZIP } from '@entrepot/oci';
import { putManifest } from '../manifest/put-manifest.js';
import { commitUpload } from '../upload/commit-upload.js';
import { openUpload } from '../upload/open-upload.js';
import type { ScratchCatalog } from './scratch-catalog.js';

/** A blob's descriptor; its bytes exist only as far as their digest and size. */
export interface BlobPushed {
  mediaType: string;
  digest: string;
  size: number;
}

export function aBlob(bytes: Buffer = randomBytes(16), mediaType = OCI_LAYER_TAR_GZIP): BlobPushed {
  return { mediaType, digest: Digest.of(bytes).toString(), size: bytes.length };
}

/** Opens an upload and commits it as the gateway does. Resolves to the store key that it used. */
export async function pushBlob(catalog: ScratchCatalog, image: string, { digest, size }: BlobPushed): Promise<string> {
  const scope = catalog.scope(image);
  const claim = await openUpload(catalog.ports, { ...scope, algorithm: 'sha256' });
  const { uploadId, revision, key } = claim;
  await commitUpload(catalog.ports, { ...scope, uploadId, revision, digest, size, location: { key } });
  return key;
}

export interface ManifestParts {
  config?: BlobPushed;
  layers?: BlobPushed[];
  subject?: BlobPushed;
  artifactType?: string;
  annotations?: Record<string, string>;
}

/** The bytes of an image manifest and its own descriptor. */
export function aManifest({ config = aBlob(Buffer.from('{}'), OCI_EMPTY_JSON), layers = [], ...rest }: ManifestParts) {
  return document(OCI_IMAGE_MANIFEST, { config, layers, ...rest });
}

export function anIndex(manifests: BlobPushed[]) {
  return document(OCI_IMAGE_INDEX, { manifests });
}

export interface Document {
  body: string;
  contentType: string;
  descriptor: BlobPushed;
}

function document(mediaType: string, parts: object): Document {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...parts }));
  return {
    body: bytes.toString('base64'),
    contentType: mediaType,
    descriptor: { mediaType, digest: Digest.of(bytes).toString(), size: bytes.length },
  };
}

/** PUT of a manifest whose blobs are there already. */
export function put(
  catalog: ScratchCatalog,
  image: string,
  { body, contentType }: Document,
  tags: string[] = [],
  actor = 'EKSPEC',
): Promise<PutManifestReply> {
  return putManifest(catalog.ports, { ...catalog.scope(image, actor), digest: null, tags, contentType, body });
}

/** Pushes an image of its own random layer whole. */
export async function pushImage(
  catalog: ScratchCatalog,
  image: string,
  tags: string[] = [],
  parts: ManifestParts = {},
) {
  const config = parts.config ?? aBlob(Buffer.from('{}'), OCI_EMPTY_JSON);
  const layers = parts.layers ?? [aBlob()];
  for (const blob of [config, ...layers]) await pushBlob(catalog, image, blob);
  const manifest = aManifest({ ...parts, config, layers });
  await put(catalog, image, manifest, tags);
  return { ...manifest, config, layers };
}
