import type { PutManifestRequest } from '@entrepot/contracts';
import { Digest, MAX_MANIFEST_BYTES, oci, parseManifest, type ParsedManifest, Tag } from '@entrepot/oci';

/** A pushed manifest whose bytes, digest and tag names are sound. */
export interface ManifestPush {
  digest: Digest;
  body: Buffer;
  parsed: ParsedManifest;
  /** Each once, in byte order. */
  tags: string[];
}

/**
 * Checks all that needs no database; the bus is not trusted, so what the gateway checked is checked again. Throws `MANIFEST_INVALID` (413 when
 * too large) and `DIGEST_INVALID`.
 */
export function readPush({ body, contentType, digest, tags }: PutManifestRequest): ManifestPush {
  const bytes = Buffer.from(body, 'base64');
  if (bytes.length > MAX_MANIFEST_BYTES) throw oci.manifestTooLarge();
  const claimed = digest === null ? null : Digest.parse(digest);
  const actual = Digest.of(bytes, claimed?.algorithm);
  if (claimed !== null && !claimed.equals(actual)) {
    throw oci.digestInvalid(`the manifest's bytes have the digest ${actual}, not ${claimed}`);
  }
  return {
    digest: actual,
    body: bytes,
    parsed: parseManifest(bytes, contentType),
    tags: [...new Set(tags.map((tag) => Tag.parse(tag).value))].sort(byBytes),
  };
}

// Tags are ASCII, so code units are bytes.
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
