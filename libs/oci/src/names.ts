import { oci } from './error-factories.js';
import { quoted } from './quote.js';

/** Characters in a whole `<name>`. The specification notes that many clients cap it at 255. */
export const MAX_NAME_LENGTH = 255;

// The specification's grammar. A component's characters and its separators are disjoint sets, so matching never backtracks over more than
// one separator: linear on any input.
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const REGISTRY_NAME = /^[a-z][a-z0-9]{2,24}$/;
const REPOSITORY_NAME = /^[a-z0-9][a-z0-9-]{1,28}[a-z0-9]$/;
const REGISTRY_ID = /^[0-9a-f]{32}$/;

/**
 * The `<name>` of a request path: lower-case components joined by `/`, 255 characters at most. No `..`, empty part, percent sign or
 * other script fits the grammar, so a name is safe in a path. Source: distribution-spec, "Pulling manifests".
 */
export class ImageName {
  readonly segments: string[];

  private constructor(readonly value: string) {
    this.segments = value.split('/');
  }

  /** Throws `NAME_INVALID` (400). */
  static parse(text: string): ImageName {
    if (text.length > MAX_NAME_LENGTH) {
      throw oci.nameInvalid(`a name may have ${MAX_NAME_LENGTH} characters, this one has ${text.length}`);
    }
    if (!NAME.test(text)) {
      throw oci.nameInvalid(
        `${quoted(text)} is not a name: use lower-case letters, digits and single separators (. _ __ -) between them, parts joined by /`,
      );
    }
    return new ImageName(text);
  }

  toString(): string {
    return this.value;
  }
}

/** A registry's name: 3 to 25 lower-case letters and digits, a letter first. Throws `NAME_INVALID` (400). */
export function parseRegistryName(text: string): string {
  if (REGISTRY_NAME.test(text)) return text;
  throw oci.nameInvalid(
    `${quoted(text)} is not a registry name: 3 to 25 lower-case letters and digits, beginning with a letter`,
  );
}

/** A repository's name: 3 to 30 lower-case letters, digits and hyphens, no hyphen at the ends. Throws `NAME_INVALID` (400). */
export function parseRepositoryName(text: string): string {
  if (REPOSITORY_NAME.test(text)) return text;
  throw oci.nameInvalid(
    `${quoted(text)} is not a repository name: 3 to 30 lower-case letters, digits and hyphens, no hyphen at either end`,
  );
}

/** The part behind the repository, which may hold slashes: the grammar of {@link ImageName}. Throws `NAME_INVALID` (400). */
export function parseImageName(text: string): string {
  return ImageName.parse(text).value;
}

/** The first part of a path-style name: a registry's name, or its name and id joined by a hyphen. Throws `NAME_INVALID` (400). */
export function splitRegistrySegment(segment: string): { name: string; id: string | null } {
  const hyphen = segment.indexOf('-');
  if (hyphen < 0) return { name: parseRegistryName(segment), id: null };
  const id = segment.slice(hyphen + 1);
  if (!REGISTRY_ID.test(id)) {
    throw oci.nameInvalid(
      `${quoted(segment)} names no registry: write <name>, or <name>-<id> with the id's 32 hex digits`,
    );
  }
  return { name: parseRegistryName(segment.slice(0, hyphen)), id };
}
