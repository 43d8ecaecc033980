import { Digest } from './digest.js';
import { oci } from './error-factories.js';
import {
  knownKeys,
  readObject,
  readOptionalAnnotations,
  readOptionalMediaType,
  readOptionalString,
  readOptionalStrings,
  refuseLookAlikes,
  type JsonObject,
} from './field-readers.js';

/** What a manifest in an index runs on, under the image-spec's own keys. Tools write `unknown` or leave strings empty for "none". */
export interface Platform {
  architecture: string;
  os: string;
  'os.version'?: string;
  'os.features'?: string[];
  variant?: string;
}

/** Points at content: its media type, digest and size in bytes. Source: image-spec descriptor.md. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  size: number;
  annotations?: Record<string, string>;
  artifactType?: string;
  platform?: Platform;
  /** Where else the content may be had. Told to clients, never fetched by us. */
  urls?: string[];
}

const DESCRIPTOR_KEYS = knownKeys(
  'mediaType',
  'digest',
  'size',
  'annotations',
  'artifactType',
  'platform',
  'urls',
  'data',
);
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads one descriptor; `where` names it in messages, for example `layers[3]`. Embedded `data` must be the content that size and digest
 * promise, and is dropped then. Unknown fields are allowed. Throws `MANIFEST_INVALID` (400).
 */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  const fields = readObject(value, where);
  refuseLookAlikes(fields, DESCRIPTOR_KEYS, where);
  const mediaType = readOptionalMediaType(fields['mediaType'], `${where}.mediaType`);
  if (mediaType === null) throw oci.manifestInvalid(`${where}.mediaType is missing`);
  const descriptor: Descriptor = { mediaType, digest: readDigest(fields, where), size: readSize(fields, where) };
  checkData(fields, descriptor, where);
  const annotations = readOptionalAnnotations(fields['annotations'], `${where}.annotations`);
  if (annotations !== null) descriptor.annotations = annotations;
  const artifactType = readOptionalMediaType(fields['artifactType'], `${where}.artifactType`);
  if (artifactType !== null) descriptor.artifactType = artifactType;
  const urls = readOptionalStrings(fields['urls'], `${where}.urls`);
  if (urls.length > 0) descriptor.urls = urls;
  const platform = readPlatform(fields['platform'], `${where}.platform`);
  if (platform !== null) descriptor.platform = platform;
  return descriptor;
}

function readDigest(fields: JsonObject, where: string): Digest {
  const text = readOptionalString(fields['digest'], `${where}.digest`);
  if (text === null) throw oci.manifestInvalid(`${where}.digest is missing`);
  const digest = Digest.tryParse(text);
  if (digest !== null) return digest;
  try {
    return Digest.parse(text);
  } catch (error) {
    throw oci.manifestInvalid(`${where}.digest: ${(error as Error).message}`);
  }
}

function readSize(fields: JsonObject, where: string): number {
  const size = fields['size'];
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size === 0 ? 0 : size;
  throw oci.manifestInvalid(`${where}.size must be a whole number of bytes from 0 to ${Number.MAX_SAFE_INTEGER}`);
}

function checkData(fields: JsonObject, { digest, size }: Descriptor, where: string): void {
  const data = readOptionalString(fields['data'], `${where}.data`);
  if (data === null) return;
  if (data.length % 4 !== 0 || !BASE64.test(data)) throw oci.manifestInvalid(`${where}.data is not base64`);
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length !== size) {
    throw oci.manifestInvalid(`${where}.data has ${bytes.length} bytes, its size says ${size}`);
  }
  if (!Digest.of(bytes, digest.algorithm).equals(digest)) {
    throw oci.manifestInvalid(`${where}.data is not the content of ${digest}`);
  }
}

function readPlatform(value: unknown, where: string): Platform | null {
  if (value === undefined || value === null) return null;
  const fields = readObject(value, where);
  const text = (key: string) => readOptionalString(fields[key], `${where}.${key}`);
  const platform: Platform = { architecture: text('architecture') ?? '', os: text('os') ?? '' };
  const version = text('os.version');
  if (version) platform['os.version'] = version;
  const features = readOptionalStrings(fields['os.features'], `${where}.os.features`);
  if (features.length > 0) platform['os.features'] = features;
  const variant = text('variant');
  if (variant) platform.variant = variant;
  return platform;
}
