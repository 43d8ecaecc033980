/** Reads a decimal number of at most 15 digits, so that it is exact. Null when it is none. */
export function parseNumber(text: string): number | null {
  return /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : null;
}

/** `YYYY-MM-DD`, or with time and a zone: without a zone the same text would mean another moment on another machine. */
const DATE = /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Reads an ISO 8601 date (UTC midnight) or date-time with zone as milliseconds since 1970. Null when it is none, or no such day exists. */
export function parseDate(text: string): number | null {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return null;
  const time = year === undefined ? NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

/** Reads `true` or `false`. Null when it is neither. */
export function parseBool(text: string): boolean | null {
  return text === 'true' ? true : text === 'false' ? false : null;
}
