import { Digest, type DigestAlgorithm } from './digest.js';
import type { Tag } from './tag.js';

const FORM = /^(sha256|sha512)-([0-9a-f]{64})$/;

/**
 * The tag under which clients kept a subject's referrers before registries had the API: `<algorithm>-<first 64 hex digits>`. Source:
 * distribution-spec 1.1.1, "Referrers Tag Schema"; the next version's rule gives the same tag for both algorithms.
 */
export function referrersFallbackTag(digest: Digest): string {
  return `${digest.algorithm}-${digest.hex.slice(0, 64)}`;
}

/** What a fallback tag says of its subject: for sha512 only the first 64 of 128 hex digits. Null for any other tag. */
export function parseReferrersFallbackTag(tag: string | Tag): { algorithm: DigestAlgorithm; hexPrefix: string } | null {
  const match = FORM.exec(String(tag));
  return match && { algorithm: match[1] as DigestAlgorithm, hexPrefix: match[2]! };
}

/**
 * The subject's digest when the tag names it in full, which is so for sha256. Null for other tags and for sha512, whose digest is cut: use
 * {@link parseReferrersFallbackTag} and the `subject` of the manifests listed there.
 */
export function isReferrersFallbackTag(tag: string | Tag): Digest | null {
  const found = parseReferrersFallbackTag(tag);
  return found && Digest.tryParse(`${found.algorithm}:${found.hexPrefix}`);
}
