/**
 * The `last` of a listing as the catalog can compare it: at most `max` characters. No name or tag holds a NUL, and Postgres takes none; what
 * sorts after a text with one is what sorts after the part before it. Null without a cursor.
 */
export function cursorText(query: URLSearchParams, max: number): string | null {
  return query.get('last')?.slice(0, max).split('\0', 1)[0] ?? null;
}
