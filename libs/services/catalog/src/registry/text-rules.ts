/** Free text: no control characters, so that it can't forge a log line, and Postgres takes it. */
export const PLAIN_TEXT = /^[^\p{Cc}]*$/u;

/** Names as libs/oci parses them, for the API's own description of itself. */
export const REGISTRY_NAME = /^[a-z][a-z0-9]{2,24}$/;
export const REPOSITORY_NAME = /^[a-z0-9][a-z0-9-]{1,28}[a-z0-9]$/;

export const REGISTRY_NAME_RULE = '$property must be 3 to 25 lower-case letters and digits, beginning with a letter';
export const REPOSITORY_NAME_RULE =
  '$property must be 3 to 30 lower-case letters, digits and hyphens, no hyphen at either end';
export const PLAIN_TEXT_RULE = '$property holds control characters';
