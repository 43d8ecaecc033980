import { type Algorithm, type Content, contentOf, descriptorOf, type DescriptorJson } from './content.js';
import type { SyntheticManifest } from './manifest.js';
import { MEDIA_TYPES } from './media-types.js';

export interface IndexOptions {
  manifests: readonly SyntheticManifest[];
  /** Children that the index names but that nobody pushes. */
  absent?: readonly Content[];
  subject?: Content;
  artifactType?: string;
  annotations?: Record<string, string>;
  /** Default: the OCI image index. */
  mediaType?: string;
  algorithm?: Algorithm;
  extra?: Record<string, unknown>;
}

/** A valid index over the given manifests; an empty list is legal. */
export function anIndex(options: IndexOptions): SyntheticManifest {
  const { manifests, absent = [], mediaType = MEDIA_TYPES.imageIndex, algorithm = 'sha256' } = options;
  const document = {
    schemaVersion: 2,
    mediaType,
    ...(options.artifactType === undefined ? {} : { artifactType: options.artifactType }),
    manifests: [...manifests, ...absent].map(withPlatform),
    ...(options.subject === undefined ? {} : { subject: descriptorOf(options.subject) }),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
    ...options.extra,
  };
  return {
    ...contentOf(JSON.stringify(document), { mediaType, algorithm }),
    blobs: [],
    children: manifests,
    subject: options.subject?.digest ?? null,
    artifactType: options.artifactType ?? null,
    annotations: options.annotations ?? {},
  };
}

const ARCHITECTURES = ['amd64', 'arm64', 's390x', 'ppc64le', 'riscv64'];

function withPlatform(content: Content, at: number): DescriptorJson {
  const architecture = ARCHITECTURES[at % ARCHITECTURES.length] as string;
  return { ...descriptorOf(content), platform: { os: 'linux', architecture } };
}
