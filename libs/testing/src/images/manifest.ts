import { aBlob } from './blob.js';
import { type Algorithm, type Content, contentOf, descriptorOf, type DescriptorJson } from './content.js';
import { MEDIA_TYPES } from './media-types.js';

/** A manifest or index with everything that must be pushed before it. */
export interface SyntheticManifest extends Content {
  /** Config and layers, each once, in order. Empty for an index. */
  readonly blobs: readonly Content[];
  /** Manifests of an index, in order. */
  readonly children: readonly SyntheticManifest[];
  /** Digest of the subject, if it has one. */
  readonly subject: string | null;
  /** As the referrers list must show it; null when it shows none. */
  readonly artifactType: string | null;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ManifestOptions {
  /** How many layers of 100 to 300 bytes to make, or the layers themselves. Default 1. */
  layers?: number | readonly Content[];
  /** Default: a small image config that is unique to the seed. */
  config?: Content;
  subject?: Content;
  artifactType?: string;
  annotations?: Record<string, string>;
  /** Default: the OCI image manifest. */
  mediaType?: string;
  layerMediaType?: string;
  algorithm?: Algorithm;
  /** Two manifests of the same seed are the same. */
  seed?: number | string;
  /** Fields that the image-spec doesn't know. */
  extra?: Record<string, unknown>;
  /** Changes to descriptors before they are written, for `data`, `urls` and foreign layers. */
  describe?: (descriptor: DescriptorJson, content: Content) => DescriptorJson;
}

/** A valid image manifest, its config and layers. */
export function aManifest(options: ManifestOptions = {}): SyntheticManifest {
  const { algorithm = 'sha256', seed = 0, annotations = {}, describe = (descriptor) => descriptor } = options;
  const mediaType = options.mediaType ?? MEDIA_TYPES.imageManifest;
  const layers = layersOf(options, algorithm, seed);
  const config = options.config ?? aConfig(layers, { algorithm, seed });
  const document = {
    schemaVersion: 2,
    mediaType,
    ...(options.artifactType === undefined ? {} : { artifactType: options.artifactType }),
    config: describe(descriptorOf(config), config),
    layers: layers.map((layer) => describe(descriptorOf(layer), layer)),
    ...(options.subject === undefined ? {} : { subject: descriptorOf(options.subject) }),
    ...(options.annotations === undefined ? {} : { annotations }),
    ...options.extra,
  };
  return {
    ...contentOf(JSON.stringify(document), { mediaType, algorithm }),
    blobs: onceEach([config, ...layers]),
    children: [],
    subject: options.subject?.digest ?? null,
    artifactType: options.artifactType ?? config.mediaType,
    annotations,
  };
}

/** An OCI artifact: the empty config and an `artifactType`. */
export function anArtifact(options: ManifestOptions & { artifactType: string }): SyntheticManifest {
  const config = contentOf('{}', { mediaType: MEDIA_TYPES.empty, algorithm: options.algorithm ?? 'sha256' });
  const layers = options.layers ?? [
    aBlob(64, `artifact ${options.seed ?? 0}`, { algorithm: options.algorithm ?? 'sha256' }),
  ];
  return aManifest({ ...options, config, layers });
}

function layersOf(options: ManifestOptions, algorithm: Algorithm, seed: number | string): readonly Content[] {
  const { layers = 1, layerMediaType = MEDIA_TYPES.layerGzip } = options;
  if (typeof layers !== 'number') return layers;
  const sizeOf = (at: number) => 100 + ((at * 37) % 200);
  return Array.from({ length: layers }, (_, at) =>
    aBlob(sizeOf(at), `layer ${seed}/${at}`, { mediaType: layerMediaType, algorithm }),
  );
}

function aConfig(layers: readonly Content[], of: { algorithm: Algorithm; seed: number | string }): Content {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { seed: String(of.seed) } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  };
  return contentOf(JSON.stringify(config), { mediaType: MEDIA_TYPES.imageConfig, algorithm: of.algorithm });
}

function onceEach(contents: readonly Content[]): Content[] {
  return [...new Map(contents.map((content) => [content.digest, content])).values()];
}
