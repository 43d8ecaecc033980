import { parseDescriptor, type Descriptor } from './descriptor.js';
import { MAX_MANIFEST_BYTES, oci } from './error-factories.js';
import {
  knownKeys,
  readArray,
  readObject,
  readOptionalAnnotations,
  readOptionalMediaType,
  refuseLookAlikes,
  type JsonObject,
} from './field-readers.js';
import { settleMediaType } from './manifest-media-type.js';
import { classify, isNonDistributable, type ManifestKind } from './media-types.js';
import { parseStrictJson, StrictJsonError } from './strict-json.js';

/**
 * Entries of an index, and layers of an image. Each becomes a row, a lock and an existence check in one transaction; 4 MiB would hold about
 * 28,000 of them. The largest indexes in use have some hundreds of entries; overlay file systems stop at 500 layers, docker at 127.
 */
export const MAX_INDEX_ENTRIES = 10_000;
export const MAX_LAYERS = 4_096;

// The image-spec needs 4 levels, free-form fields a few more.
const MAX_DEPTH = 64;
// A full index has 10 to 20 values per entry. 4 MiB of tiny ones, two million, would hold up every other request for a second.
const MAX_MEMBERS = 250_000;

const MANIFEST_KEYS = knownKeys(
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
  'fsLayers',
);

/** A manifest or index that passed every check which needs nothing but its bytes. */
export interface ParsedManifest {
  mediaType: string;
  kind: ManifestKind;
  /** As the referrers API reports it: the manifest's own, else the config's media type of an image manifest, else null. */
  artifactType: string | null;
  /** May name a manifest that doesn't exist (yet). */
  subject: Descriptor | null;
  /** Null in an index. */
  config: Descriptor | null;
  /** Every layer, also those that may be absent; empty in an index. A layer that *is* here must be kept as long as the manifest. */
  layers: Descriptor[];
  /**
   * Blobs that must exist, each digest once: config and layers, without those that live elsewhere (`urls`, non-distributable or foreign
   * media types). In an index, the entries that are no manifests: BuildKit's cache lists its layers there.
   */
  requiredBlobs: Descriptor[];
  /** Entries of an index that are manifests, in order, with their platforms. None is the index itself: no content holds its own digest. */
  children: Descriptor[];
  annotations: Record<string, string>;
  /** Bytes of this document and of every blob that it names (all layers, as often as listed), without children. */
  totalSize: number;
}

/**
 * Parses and checks a pushed manifest. `contentType` is the request's header, null when there was none. Throws `MANIFEST_INVALID`: 413 beyond
 * {@link MAX_MANIFEST_BYTES}, else 400. Linear in the input. Source: image-spec manifest.md and image-index.md.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | null): ParsedManifest {
  if (bytes.length > MAX_MANIFEST_BYTES) throw oci.manifestTooLarge();
  const document = readDocument(bytes);
  const { mediaType, kind } = settleMediaType(document, contentType);
  const content = kind === 'image' ? readImage(document) : readIndex(document);
  const blobs = [...(content.config ? [content.config] : []), ...content.layers, ...content.blobEntries];
  return {
    mediaType,
    kind,
    artifactType: readOptionalMediaType(document['artifactType'], 'artifactType') ?? content.config?.mediaType ?? null,
    subject: isAbsent(document['subject']) ? null : parseDescriptor(document['subject'], 'subject'),
    config: content.config,
    layers: content.layers,
    requiredBlobs: onceEach(blobs).filter((blob) => blob === content.config || !livesElsewhere(blob)),
    children: content.children,
    annotations: readOptionalAnnotations(document['annotations'], 'annotations') ?? {},
    totalSize: sumOfSizes(blobs, bytes.length),
  };
}

function readDocument(bytes: Uint8Array): JsonObject {
  try {
    const value = parseStrictJson(bytes, { maxDepth: MAX_DEPTH, maxMembers: MAX_MEMBERS });
    const document = readObject(value, 'the manifest');
    refuseLookAlikes(document, MANIFEST_KEYS, 'the manifest');
    return document;
  } catch (error) {
    if (error instanceof StrictJsonError) throw oci.manifestInvalid(`the manifest cannot be read: ${error.message}`);
    throw error;
  }
}

interface Content {
  config: Descriptor | null;
  layers: Descriptor[];
  children: Descriptor[];
  blobEntries: Descriptor[];
}

function readImage(document: JsonObject): Content {
  if (isAbsent(document['config'])) throw oci.manifestInvalid('config is missing: an image manifest needs one');
  const config = parseDescriptor(document['config'], 'config');
  const layers = readDescriptors(document['layers'], 'layers', MAX_LAYERS);
  return { config, layers, children: [], blobEntries: [] };
}

function readIndex(document: JsonObject): Content {
  if (document['manifests'] === undefined) throw oci.manifestInvalid('manifests is missing: an index needs the list');
  const entries = readDescriptors(document['manifests'], 'manifests', MAX_INDEX_ENTRIES);
  const children = entries.filter((entry) => classify(entry.mediaType) !== null);
  const blobEntries = entries.filter((entry) => classify(entry.mediaType) === null);
  onceEach(children);
  return { config: null, layers: [], children, blobEntries };
}

function readDescriptors(value: unknown, where: string, limit: number): Descriptor[] {
  if (isAbsent(value)) return [];
  const list = readArray(value, where);
  if (list.length > limit) throw oci.manifestInvalid(`${where} has ${list.length} entries, ${limit} are allowed`);
  return list.map((item, index) => parseDescriptor(item, `${where}[${index}]`));
}

/** Each digest once, in order. One content has one size: a digest listed with two can't be right, whichever we would check. */
function onceEach(descriptors: Descriptor[]): Descriptor[] {
  const first = new Map<string, Descriptor>();
  for (const descriptor of descriptors) {
    const text = descriptor.digest.toString();
    const seen = first.get(text);
    if (seen === undefined) first.set(text, descriptor);
    else if (seen.size !== descriptor.size) {
      throw oci.manifestInvalid(`${text} is listed with two sizes, ${seen.size} and ${descriptor.size}`);
    }
  }
  return [...first.values()];
}

function livesElsewhere(blob: Descriptor): boolean {
  return blob.urls !== undefined || isNonDistributable(blob.mediaType);
}

function sumOfSizes(blobs: Descriptor[], ownSize: number): number {
  const sum = blobs.reduce((total, blob) => total + blob.size, ownSize);
  if (Number.isSafeInteger(sum)) return sum;
  throw oci.manifestInvalid('the sizes add up to more than any registry can hold');
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
