/** Whether `If-None-Match` names the digest's entity tag. Weak tags compare equal (RFC 9110 §13.1.2); `*` matches whatever exists. */
export function matchesEtag(header: string | undefined, digest: string): boolean {
  if (header === undefined || header.length > 4096) return false;
  return header.split(',').some((tag) => {
    const text = tag.trim();
    return text === '*' || text === `"${digest}"` || text === `W/"${digest}"` || text === digest;
  });
}

/** Whether a `Range` is to be honoured under `If-Range` (RFC 9110 §13.1.5): only a strong tag that is ours; a date never is. */
export function rangeStillValid(header: string | undefined, digest: string): boolean {
  return header === undefined || header.trim() === `"${digest}"`;
}

/** A header that may be given once; the first counts. */
export function headerText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
