// Valid OCI images, small in bytes and of the usual size as manifests (about 1.2 kB).
import { aBlob, sha256 } from './bytes.mjs';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** One layer that all images share, as base layers are. */
export const sharedLayer = aBlob(1_024);

/** An image's configuration blob; its number makes it different from all others. */
export function aConfig(number) {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Env: [`NUMBER=${number}`] },
    rootfs: { type: 'layers', diff_ids: [sharedLayer.digest] },
  };
  const bytes = Buffer.from(JSON.stringify(config));
  return { digest: sha256(bytes), bytes };
}

/**
 * An image manifest: { digest, bytes, mediaType }. `subject` is another manifest of these, `artifactType` makes it a referrer of a kind, `layer` stands
 * in for the shared one.
 */
export function aManifest(config, { label, subject, artifactType, layer = sharedLayer } = {}) {
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    ...(artifactType && { artifactType }),
    config: descriptor(CONFIG, config),
    layers: [descriptor(LAYER, layer)],
    ...(subject && { subject: descriptor(MANIFEST, subject) }),
    annotations: annotations(label ?? config.digest),
  };
  const bytes = Buffer.from(JSON.stringify(document));
  return { digest: sha256(bytes), bytes, mediaType: MANIFEST };
}

/** An image whose one layer nobody else has, as a build makes it: { name, tag, config, layer, manifest }. */
export function aBuiltImage(name, tag, layerBytes) {
  const config = aConfig(`${name}:${tag}`);
  const layer = aBlob(layerBytes);
  return { name, tag, config, layer, manifest: aManifest(config, { label: tag, layer }) };
}

const descriptor = (mediaType, { digest, bytes }) => ({ mediaType, size: bytes.length, digest });

const annotations = (label) => ({
  'org.opencontainers.image.ref.name': String(label),
  'org.opencontainers.image.description':
    'An image of the benchmark, with as many annotations as a build usually writes',
  'org.opencontainers.image.source': 'https://git.example.test/team/service',
  'org.opencontainers.image.documentation': 'https://docs.example.test/team/service/handbook/operations',
  'org.opencontainers.image.licenses': 'Apache-2.0',
  'org.opencontainers.image.vendor': 'Example',
  'org.opencontainers.image.created': '2026-01-01T00:00:00Z',
});
