import { decodeCursor, pageOf, type Page, type PageQuery } from './keyset-page.js';

/** Reads one page of a list that is sorted by one text: `read` gets the text to begin after and how many rows to give. */
export async function pageAfter<Row, Item>(
  query: PageQuery,
  read: (after: string, limit: number) => Promise<Row[]>,
  keyOf: (row: Row) => string,
  show: (row: Row) => Item,
): Promise<Page<Item>> {
  const after = query.cursor === undefined ? '' : String(decodeCursor(query.cursor, 1)[0]);
  // A cursor holds whatever its sender wrote; NUL is all that Postgres refuses in text.
  const rows = await read(after.replaceAll('\0', ''), query.limit + 1);
  const { items, next } = pageOf(rows, query.limit, (row) => [keyOf(row)]);
  return { items: items.map(show), next };
}
