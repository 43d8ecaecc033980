import { hash } from 'node:crypto';

/** The digest algorithms that a registry must take for every kind of content. */
export type Algorithm = 'sha256' | 'sha512';

/** Exact bytes with what a descriptor says of them. */
export interface Content {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly mediaType: string;
}

/** A descriptor as image-spec's descriptor.md has it; only what these tests write. */
export interface DescriptorJson {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
  urls?: string[];
  data?: string;
  platform?: { os: string; architecture: string };
}

/** `<algorithm>:<hex>` of the bytes. Computed here, not by the product's own code: a test must not share its faults. */
export function digestOf(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): string {
  return `${algorithm}:${hash(algorithm, bytes, 'hex')}`;
}

export function contentOf(
  bytes: Uint8Array | string,
  { mediaType = 'application/octet-stream', algorithm = 'sha256' as Algorithm } = {},
): Content {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes);
  return { bytes: buffer, digest: digestOf(buffer, algorithm), mediaType };
}

export function descriptorOf({ bytes, digest, mediaType }: Content): DescriptorJson {
  return { mediaType, digest, size: bytes.length };
}
