/** What stands in a log where a secret was. */
export const REDACTED = '[redacted]';

const SECRET_KEY =
  /^(?:(?:proxy-?)?authorization|(?:set-?)?cookies?|passwd|pwd|.*(?:passwords?|passphrases?|secrets?|tokens?|credentials?|private_?key|api_?key))$/i;
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi;
const URL_PASSWORD = /(\/\/[^/\s:@]*):[^/\s@]+@/g;

// A log record nested deeper is a mistake; the rest is cut rather than walked.
const MAX_DEPTH = 6;

/** Copies a record with the values of secret-bearing keys (at any depth) and secrets inside texts replaced. Errors are left as they are. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return redact(value.toJSON(), depth + 1);
  return redactFields(value, depth);
}

/** {@link redact} for the fields of one object. */
export function redactFields(fields: object, depth = 0): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    copy[key] = SECRET_KEY.test(key) && value !== undefined && value !== null ? REDACTED : redact(value, depth + 1);
  }
  return copy;
}

/** Replaces credentials inside a text: `Bearer …`, `Basic …`, and the password of a URL. */
export function scrub(text: string): string {
  // Most texts have neither; looking for one character is cheaper than two expressions.
  if (!text.includes('//') && !/b(?:earer|asic)\s/i.test(text)) return text;
  return text.replace(BEARER, `$1 ${REDACTED}`).replace(URL_PASSWORD, `$1:${REDACTED}@`);
}
