/**
 * Puts text that came from outside into a message: in double quotes, control characters escaped, cut to `limit` characters. So a message
 * can't be used to forge a log line, and a megabyte of input doesn't come back in the answer.
 */
export function quoted(text: string, limit = 80): string {
  const shown = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return JSON.stringify(shown);
}
