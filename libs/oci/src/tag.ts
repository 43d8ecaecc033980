import { oci } from './error-factories.js';
import { quoted } from './quote.js';

/** Characters in a tag. Source: distribution-spec, "Pulling manifests". */
export const MAX_TAG_LENGTH = 128;

const FORM = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`. Case matters. */
export class Tag {
  private constructor(readonly value: string) {}

  /**
   * Throws `MANIFEST_INVALID` (400), right for a push. A read of an impossible tag is a 404 like that of any absent one: use
   * {@link Tag.tryParse} there.
   */
  static parse(text: string): Tag {
    const tag = Tag.tryParse(text);
    if (tag !== null) return tag;
    throw oci.manifestInvalid(
      `${quoted(text)} is not a tag: 1 to ${MAX_TAG_LENGTH} letters, digits, dots, underscores and hyphens, not beginning with a dot or hyphen`,
    );
  }

  /** Null when `text` is no tag. */
  static tryParse(text: string): Tag | null {
    return typeof text === 'string' && text.length <= MAX_TAG_LENGTH && FORM.test(text) ? new Tag(text) : null;
  }

  toString(): string {
    return this.value;
  }

  /** A tag is its text in JSON. */
  toJSON(): string {
    return this.value;
  }
}
