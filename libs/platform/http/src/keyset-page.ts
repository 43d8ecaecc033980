import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { badRequest } from './problem.exception.js';

/** The columns of the last row of a page, in the order that the list is sorted by. */
export type CursorValues = readonly (string | number | boolean | null)[];

/** One page of a list, and where the next begins; null when there is none. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** Rows of a page unless asked otherwise, and at most: 1000 rows of a list are some 300 kB of JSON. */
export const DEFAULT_PAGE_LIMIT = 100;
export const MAX_PAGE_LIMIT = 1000;

// An image name (255) or two, base64: a longer one was not made by us.
const MAX_CURSOR_LENGTH = 2048;
const MAX_CURSOR_VALUES = 8;

/** The query of every list. Lists with filters extend it. */
export class PageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_PAGE_LIMIT, default: DEFAULT_PAGE_LIMIT })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_LIMIT)
  limit: number = DEFAULT_PAGE_LIMIT;

  @ApiPropertyOptional({ type: 'string', description: 'The `next` of the page before.' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CURSOR_LENGTH)
  cursor?: string;
}

/** A page from rows of which one more than the limit was read: the surplus row only tells that there is a next page. */
export function pageOf<T>(items: readonly T[], limit: number, cursorOf: (item: T) => CursorValues): Page<T> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: items.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null };
}

/** The text of a cursor: base64url of a JSON array. It is no secret and grants nothing. */
export function encodeCursor(values: CursorValues): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** Reads a cursor back. Throws a 400 for anything that {@link encodeCursor} did not write, or with another number of values. */
export function decodeCursor(cursor: string, count?: number): CursorValues {
  const values = cursor.length <= MAX_CURSOR_LENGTH ? parsed(cursor) : null;
  if (!isCursor(values) || (count !== undefined && values.length !== count)) {
    throw badRequest('The cursor is not one that this list gave.');
  }
  return values;
}

/** The `Link` header of a page (RFC 8288): the request's own URL with the next cursor, relative. Undefined on the last page. */
export function nextLink(requestUrl: string, next: string | null): string | undefined {
  if (next === null) return undefined;
  const url = new URL(requestUrl, 'http://localhost');
  url.searchParams.set('cursor', next);
  return `<${url.pathname}${url.search}>; rel="next"`;
}

function parsed(cursor: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) return null;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

function isCursor(values: unknown): values is CursorValues {
  if (!Array.isArray(values) || values.length > MAX_CURSOR_VALUES) return false;
  return values.every((value) => value === null || ['string', 'number', 'boolean'].includes(typeof value));
}
