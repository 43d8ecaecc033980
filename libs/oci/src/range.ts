/** Bytes `start` to `end`, both included, counted from 0. */
export interface ByteSpan {
  start: number;
  end: number;
}

/** What a `Range` header asks of content of a known size. `several` holds disjoint spans in ascending order. */
export type ByteRange =
  | { kind: 'all' }
  | ({ kind: 'single' } & ByteSpan)
  | { kind: 'several'; ranges: ByteSpan[] }
  | { kind: 'unsatisfiable' };

/**
 * Ranges in one header. Each costs a part header, a seek and, in a bucket, a request of its own; hundreds of tiny ones are a known attack
 * (CVE-2011-3192). No client of a registry sends more than a few, and the whole content is always a legal answer.
 */
const MAX_RANGES = 16;
const MAX_HEADER_LENGTH = 1024;

const SPEC = /^(\d*)-(\d*)$/;

/**
 * Reads `Range`. `all` (answer 200 with everything) for no header, another unit, a malformed one or too many ranges; `unsatisfiable` (416)
 * when no range lies in the content, and for one that runs backwards, which RFC 9110 §14.2 lets a server reject and the OCI conformance
 * suite expects it to. Ends are cut to the content; empty content is always `all`; overlapping and touching ranges become one. Source: RFC 9110 §14.1.2 and §14.2.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  if (header === undefined || header.length > MAX_HEADER_LENGTH) return { kind: 'all' };
  const match = /^bytes=(.*)$/i.exec(header.trim());
  if (!match) return { kind: 'all' };
  const specs = match[1]!.split(',').map((part) => part.trim());
  // RFC 9110 §5.6.1: a recipient must take a reasonable number of empty list elements.
  const asked = specs.filter((spec) => spec !== '');
  if (asked.length === 0 || specs.length > MAX_RANGES) return { kind: 'all' };
  const spans: ByteSpan[] = [];
  for (const spec of asked) {
    const span = readSpec(spec, size);
    if (span === 'malformed') return { kind: 'all' };
    if (span === 'backwards') return { kind: 'unsatisfiable' };
    if (span !== null) spans.push(span);
  }
  // No range lies in nothing, but clients that put a Range on every request want the empty blob, not an error; ignoring Range is legal.
  if (size === 0) return { kind: 'all' };
  return answer(coalesce(spans), size, asked.length);
}

/**
 * Reads `Content-Range` of an upload chunk: `<start>-<end>`, both included, and nothing else; not RFC 9110's `bytes …/…`. Null when
 * malformed, backwards or beyond what a number holds exactly. Source: distribution-spec, "Pushing a blob in chunks".
 */
export function parseContentRange(header: string): ByteSpan | null {
  if (typeof header !== 'string' || header.length > 40) return null;
  const match = /^([0-9]+)-([0-9]+)$/.exec(header);
  if (!match) return null;
  const [start, end] = [Number(match[1]), Number(match[2])];
  return Number.isSafeInteger(end) && start <= end ? { start, end } : null;
}

/** Null when the range is well-formed but outside the content. */
function readSpec(spec: string, size: number): ByteSpan | null | 'malformed' | 'backwards' {
  const match = SPEC.exec(spec);
  if (!match || spec === '-') return 'malformed';
  // Digits beyond a number's exactness become a larger number, which is cut to the size like any other.
  const [first, last] = [match[1]!, match[2]!];
  if (first === '') {
    const suffix = Number(last);
    return suffix === 0 ? null : { start: Math.max(0, size - suffix), end: size - 1 };
  }
  if (last !== '' && Number(last) < Number(first)) return 'backwards';
  if (Number(first) >= size) return null;
  return { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

function coalesce(spans: ByteSpan[]): ByteSpan[] {
  const merged: ByteSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const previous = merged.at(-1);
    if (previous && span.start <= previous.end + 1) previous.end = Math.max(previous.end, span.end);
    else merged.push({ ...span });
  }
  return merged;
}

function answer(spans: ByteSpan[], size: number, asked: number): ByteRange {
  const [only] = spans;
  if (only === undefined) return { kind: 'unsatisfiable' };
  if (spans.length > 1) return { kind: 'several', ranges: spans };
  // Many ranges that together are everything: send it plainly, as one answer that a cache can keep.
  if (asked > 1 && only.start === 0 && only.end === size - 1) return { kind: 'all' };
  return { kind: 'single', ...only };
}
