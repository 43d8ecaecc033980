import type { Position } from './blob/release.store.js';

/**
 * Every row of a table that is given in pages of `size`, in the order of a position that each row has: what is inserted meanwhile behind the position is
 * found, what is inserted before it is missed.
 */
export async function* walkKeyset<Row>(
  size: number,
  start: Position,
  pageAfter: (position: Position) => Promise<Row[]>,
  positionOf: (row: Row) => Position,
): AsyncGenerator<Row[]> {
  for (let position = start; ;) {
    const page = await pageAfter(position);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < size) return;
    position = positionOf(last);
  }
}
