import { aBlob } from './blob.js';
import { type Algorithm, contentOf } from './content.js';
import { anIndex } from './image-index.js';
import { anArtifact, aManifest, type SyntheticManifest } from './manifest.js';
import { MEDIA_TYPES } from './media-types.js';

/** Content to push in order, of one kind that the official conformance suite knows. */
export interface DataSet {
  readonly name: string;
  /** Roots in the order of pushing; children and blobs come before each by themselves. */
  readonly roots: readonly SyntheticManifest[];
  /** Tags that travel with the push of the roots by digest (`?tag=`). */
  readonly tagParameters?: readonly string[];
  /** Digests of blobs that are named and must not be pushed. */
  readonly neverPushed?: ReadonlySet<string>;
}

const SBOM = 'application/vnd.example.sbom.v1';
const SIGNATURE = 'application/vnd.example.signature.v1';

/** The large manifest: 390 annotations of 10,000 characters, 3.9 MB, as large as a registry must expect. */
export function aLargeManifest(seed: number | string = 'large'): SyntheticManifest {
  const annotations = Object.fromEntries(
    Array.from({ length: 390 }, (_, at) => [`org.example.note-${at}`, String(at % 10).repeat(10_000)]),
  );
  return aManifest({ annotations, seed });
}

/** The data sets that a registry must take, as of distribution-spec main. What must be refused is tested elsewhere. */
export function dataSets(seed: string): DataSet[] {
  const image = (name: string, algorithm: Algorithm = 'sha256') =>
    aManifest({ layers: 2, seed: `${seed} ${name}`, algorithm });
  return [
    { name: 'image', roots: [image('image')] },
    { name: 'uncompressed image', roots: [aManifest({ seed: `${seed} tar`, layerMediaType: MEDIA_TYPES.layer })] },
    { name: 'large manifest', roots: [aLargeManifest(`${seed} large`)] },
    { name: 'index', roots: [anIndex({ manifests: [image('i1'), image('i2')] })] },
    { name: 'nested index', roots: [anIndex({ manifests: [anIndex({ manifests: [image('n1')] }), image('n2')] })] },
    { name: 'empty index', roots: [anIndex({ manifests: [], annotations: { seed } })] },
    { name: 'artifact', roots: [anArtifact({ artifactType: SBOM, seed: `${seed} artifact` })] },
    { name: 'artifact index', roots: [artifactIndex(seed)] },
    { name: 'artifact without layers', roots: [artifactWithoutLayers(seed)] },
    { name: 'artifacts with a subject', roots: subjects(seed, 'sha256') },
    { name: 'index with a subject', roots: indexWithSubject(image('subject of an index')) },
    { name: 'subject that is missing', roots: [missingSubject(seed)] },
    { name: 'data field', roots: [withData(seed)] },
    nonDistributable(seed),
    { name: 'unknown fields', roots: [withUnknownFields(seed)] },
    { name: 'no layers', roots: [aManifest({ layers: 0, seed: `${seed} none` })] },
    { name: 'sha512', roots: [anIndex({ manifests: [image('512', 'sha512')], algorithm: 'sha512' })] },
    { name: 'artifacts with a sha512 subject', roots: subjects(`${seed} 512`, 'sha512') },
    { name: 'tag parameters', roots: [image('tags')], tagParameters: tenTags('sha256') },
    { name: 'tag parameters, sha512', roots: [image('tags 512', 'sha512')], tagParameters: tenTags('sha512') },
    { name: 'docker schema 2', roots: [dockerList(seed)] },
  ];
}

function tenTags(prefix: string): string[] {
  return Array.from({ length: 10 }, (_, at) => `${prefix}-parameter.${at}`);
}

function subjects(seed: string, algorithm: Algorithm): SyntheticManifest[] {
  const subject = aManifest({ seed: `${seed} subject`, algorithm });
  const annotations = { 'org.example.of': seed };
  const refer = (artifactType: string, at: number) =>
    anArtifact({ artifactType, subject, annotations, algorithm, seed: `${seed} ${artifactType} ${at}` });
  const byConfig = aManifest({ subject, annotations, algorithm, seed: `${seed} by config` });
  return [subject, refer(SBOM, 1), refer(SBOM, 2), refer(SIGNATURE, 1), byConfig];
}

function indexWithSubject(subject: SyntheticManifest): SyntheticManifest[] {
  const annotations = { 'org.example.kind': 'an index that refers' };
  const typed = anIndex({ manifests: [], subject, artifactType: SBOM, annotations });
  const untyped = anIndex({ manifests: [], subject, annotations });
  return [subject, typed, untyped];
}

function missingSubject(seed: string): SyntheticManifest {
  const subject = contentOf(`never pushed ${seed}`, { mediaType: MEDIA_TYPES.imageManifest });
  return anArtifact({ artifactType: SBOM, subject, seed: `${seed} missing subject` });
}

function artifactIndex(seed: string): SyntheticManifest {
  const manifests = [1, 2].map((at) => anArtifact({ artifactType: SBOM, seed: `${seed} in an index ${at}` }));
  return anIndex({ manifests, artifactType: SBOM });
}

// As the image-spec recommends: the empty blob as the only layer, with its data inside.
function artifactWithoutLayers(seed: string): SyntheticManifest {
  const empty = contentOf('{}', { mediaType: MEDIA_TYPES.empty });
  return anArtifact({ artifactType: SIGNATURE, layers: [empty], annotations: { seed } });
}

function withData(seed: string): SyntheticManifest {
  const describe = (descriptor: object, { bytes }: { bytes: Buffer }) => ({
    ...descriptor,
    data: bytes.toString('base64'),
  });
  return aManifest({ seed: `${seed} data`, describe: describe as never });
}

function nonDistributable(seed: string): DataSet {
  const layer = aBlob(123, `${seed} elsewhere`, { mediaType: MEDIA_TYPES.layerNondistributable });
  const here = aBlob(99, `${seed} here`, { mediaType: MEDIA_TYPES.layerGzip });
  const urls = ['https://layers.example.test/blob'];
  const root = aManifest({
    layers: [here, layer],
    seed: `${seed} nondistributable`,
    describe: (descriptor) => (descriptor.digest === layer.digest ? { ...descriptor, urls } : descriptor),
  });
  return { name: 'non-distributable layers', roots: [root], neverPushed: new Set([layer.digest]) };
}

function withUnknownFields(seed: string): SyntheticManifest {
  const extra = { 'org.example.field': { nested: [1, 'two', null] }, future: true };
  return aManifest({ seed: `${seed} custom`, extra });
}

function dockerList(seed: string): SyntheticManifest {
  const layer = aBlob(80, `${seed} docker`, { mediaType: MEDIA_TYPES.dockerLayer });
  const config = contentOf(JSON.stringify({ seed, os: 'linux' }), { mediaType: MEDIA_TYPES.dockerConfig });
  const manifest = aManifest({ layers: [layer], config, mediaType: MEDIA_TYPES.dockerManifest });
  return anIndex({ manifests: [manifest], mediaType: MEDIA_TYPES.dockerManifestList });
}
