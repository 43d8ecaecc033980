import { oci } from './error-factories.js';
import { quoted } from './quote.js';

/**
 * Reads the query parameter `n`. Absent: `default`. Larger than `max`: `max`, as a client may ask for any number but not get it
 * (CVE-2023-2253). 0 is legal and means an empty page. Anything else than decimal digits throws `UNSUPPORTED` (400).
 */
export function parsePageSize(text: string | undefined, limits: { default: number; max: number }): number {
  if (text === undefined) return Math.min(limits.default, limits.max);
  if (!/^[0-9]+$/.test(text)) throw oci.unsupported(`n=${quoted(text)} is not a number of entries`, { status: 400 });
  return Math.min(Number(text), limits.max);
}

/**
 * The value of the `Link` header that leads to the next page: `</v2/…?n=…&last=…>; rel="next"`, relative, values percent-encoded. Undefined
 * parameters are left out. `path` is built by us from parsed names; one that isn't plain is a bug and throws. Source: RFC 8288.
 */
export function linkNext(path: string, params: Record<string, string | number | undefined>): string {
  if (!/^(?:\/[\w.:~-]+)+\/?$/.test(path)) throw new Error(`not a path of ours: ${quoted(path)}`);
  const query = Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`)
    .join('&');
  return `<${path}${query && `?${query}`}>; rel="next"`;
}
