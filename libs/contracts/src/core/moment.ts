import { Matches } from 'class-validator';

/** A moment in UTC as `Date.prototype.toISOString` writes it (RFC 3339). */
export function IsMoment(): PropertyDecorator {
  return Matches(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/) as PropertyDecorator;
}
