/** Free text: no control characters, so that it can't forge a log line, and Postgres takes it. */
export const PLAIN_TEXT = /^[^\p{Cc}]*$/u;

/** An account's name: it stands in sentences and lists, never in an address. */
export const ACCOUNT_NAME = /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/;

/** A user's name: letters, digits and `+=,.@-_`, as the published IAM has it. */
export const USER_NAME = /^[\p{L}\p{N}+=,.@_-]{1,64}$/u;

/** A policy's name, as the published IAM has it. */
export const POLICY_NAME = /^[\p{L}\p{N}+=,.@_-]{3,128}$/u;

/** Ids in paths: UUIDs, and the names that are the ids of system policies. */
export const ID = /^[A-Za-z0-9-]{1,64}$/;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Whether a text can be the id of a row with a `uuid` key; anything else is an id that does not exist. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
