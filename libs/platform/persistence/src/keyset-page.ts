/** One page of a list, and the cursor of the next one; null at the end. */
export interface KeysetPage<T> {
  items: T[];
  next: string | null;
}

/** The value of one sort column in a cursor. */
export type KeyValue = string | number | boolean;

/** A cursor that we did not make: the caller's mistake, 400. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
  readonly code = 'INVALID_CURSOR';
  readonly family = 'caller';
  readonly status = 400;
}

/** Longer ones are not ours: a key is a few names and ids. */
const MAX_CURSOR_LENGTH = 2_048;

/** Packs a row's sort key. A cursor is opaque but not secret: it must hold only what its reader may see. */
export function encodeCursor(key: readonly KeyValue[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The sort key in a cursor made for `columns` columns. Throws `InvalidCursor`. */
export function decodeCursor(cursor: string, columns: number): KeyValue[] {
  if (cursor.length > MAX_CURSOR_LENGTH) throw new InvalidCursor('the cursor is too long');
  let key: unknown;
  try {
    key = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw new InvalidCursor('the cursor is damaged');
  }
  if (!Array.isArray(key) || key.length !== columns || !key.every(isKeyValue)) {
    throw new InvalidCursor('the cursor belongs to another list');
  }
  return key;
}

/** `(a, b) > ($3, $4)` for rows after a key, as Postgres compares rows; the placeholders start at `first`. Column names come from code. */
export function afterKey(
  columns: readonly string[],
  first: number,
  order: 'ascending' | 'descending' = 'ascending',
): string {
  const placeholders = columns.map((_, i) => `$${first + i}`);
  return `(${columns.join(', ')}) ${order === 'ascending' ? '>' : '<'} (${placeholders.join(', ')})`;
}

/** Makes a page from rows that were selected with `LIMIT limit + 1`: the extra row only tells that there is more. */
export function toKeysetPage<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => readonly KeyValue[],
): KeysetPage<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}

function isKeyValue(value: unknown): value is KeyValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
