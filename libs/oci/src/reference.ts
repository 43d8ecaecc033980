import { Digest } from './digest.js';
import { Tag } from './tag.js';

/** What a manifest is asked for by. */
export type Reference = { kind: 'tag'; tag: Tag } | { kind: 'digest'; digest: Digest };

/**
 * Reads the last part of `/v2/<name>/manifests/<reference>`. A text with a colon can only be a digest, as no tag holds one: malformed, it
 * throws `DIGEST_INVALID` (400). Otherwise a tag: malformed, it throws `MANIFEST_INVALID` (400).
 */
export function parseReference(text: string): Reference {
  return isDigestText(text) ? { kind: 'digest', digest: Digest.parse(text) } : { kind: 'tag', tag: Tag.parse(text) };
}

/** As {@link parseReference}, but null for a text that is neither: a read answers 404 then. */
export function tryParseReference(text: string): Reference | null {
  if (isDigestText(text)) {
    const digest = Digest.tryParse(text);
    return digest && { kind: 'digest', digest };
  }
  const tag = Tag.tryParse(text);
  return tag && { kind: 'tag', tag };
}

/** The reference as it is written in a path. */
export function referenceText(reference: Reference): string {
  return reference.kind === 'tag' ? reference.tag.value : reference.digest.toString();
}

function isDigestText(text: string): boolean {
  return text.includes(':');
}
