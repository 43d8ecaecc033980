import { hash } from 'node:crypto';
import { oci } from './error-factories.js';
import { quoted } from './quote.js';

/** The digest algorithms that the image-spec registers and that we store. */
export type DigestAlgorithm = 'sha256' | 'sha512';

/** Every {@link DigestAlgorithm}, the usual one first. */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = ['sha256', 'sha512'];

const HEX_LENGTH: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 };
const LONGEST_TEXT = 'sha512:'.length + HEX_LENGTH.sha512;
const FORM = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/**
 * A content digest, `sha256:<64 hex>` or `sha512:<128 hex>`, lower-case only: one content has one text, so that no path, key or row can hold
 * it twice. Source: image-spec descriptor.md, "Digests".
 */
export class Digest {
  private constructor(
    readonly algorithm: DigestAlgorithm,
    readonly hex: string,
    private readonly text: string,
  ) {}

  /** Throws `DIGEST_INVALID` (400) with a sentence saying what is wrong. */
  static parse(text: string): Digest {
    const digest = Digest.tryParse(text);
    if (digest === null) throw oci.digestInvalid(whyNot(text));
    return digest;
  }

  /** Null when `text` is no digest. */
  static tryParse(text: string): Digest | null {
    // The length is compared first so that a megabyte costs no more than a digest.
    if (typeof text !== 'string' || text.length > LONGEST_TEXT || !FORM.test(text)) return null;
    return new Digest(text.slice(0, 6) as DigestAlgorithm, text.slice(7), text);
  }

  /** The digest of `bytes`, computed in one go: for manifests and other small content, not for blobs. */
  static of(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
    const hex = hash(algorithm, bytes, 'hex');
    return new Digest(algorithm, hex, `${algorithm}:${hex}`);
  }

  toString(): string {
    return this.text;
  }

  /** A digest is its text in JSON, as in a manifest. */
  toJSON(): string {
    return this.text;
  }

  equals(other: Digest): boolean {
    return this.text === other.text;
  }
}

function whyNot(text: string): string {
  if (typeof text !== 'string') return 'a digest is text, for example sha256:<64 hex digits>';
  const colon = text.slice(0, 64).indexOf(':');
  if (colon < 0) return `${quoted(text)} is not a digest: write <algorithm>:<hex>, for example sha256:<64 hex digits>`;
  const algorithm = text.slice(0, colon) as DigestAlgorithm;
  if (!DIGEST_ALGORITHMS.includes(algorithm)) {
    return `digest algorithm ${quoted(algorithm)} is not supported: use ${DIGEST_ALGORITHMS.join(' or ')}`;
  }
  const found = text.length - colon - 1;
  if (found !== HEX_LENGTH[algorithm]) {
    return `a ${algorithm} digest has ${HEX_LENGTH[algorithm]} hex digits, this one has ${found}`;
  }
  return `digest ${quoted(text, LONGEST_TEXT)} may hold only the hex digits 0-9 and a-f, in lower case`;
}
