/** The middle of the numbers (the mean of the two middle ones), or null of none. */
export function median(numbers) {
  if (numbers.length === 0) return null;
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The number below which the given part (0…1) of them lies; null of none. */
export function quantile(numbers, part) {
  if (numbers.length === 0) return null;
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

/** { least, most } of numbers that are there. */
export const spreadOf = (numbers) => ({ least: rounded(Math.min(...numbers)), most: rounded(Math.max(...numbers)) });

/** Four significant digits are more than any of these measurements repeats. */
export const rounded = (number) => (number === null ? null : Number(number.toPrecision(4)));
