/** Counts comparisons, so that a test can hold the matcher to its bound without a clock. */
export interface StepCounter {
  steps: number;
}

/**
 * Whether `text` matches `pattern`, where `*` is any run of characters (also none) and `?` is exactly one. Case-sensitive, whole text.
 *
 * Two pointers that fall back to the *last* star only: what an earlier star took never needs revisiting. So the work is at most
 * |text| × (longest piece between stars + 2), and never exponential, whatever the pattern; a regular expression would not promise that.
 */
export function globMatches(pattern: string, text: string, counter?: StepCounter): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (counter) counter.steps++;
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') {
    if (counter) counter.steps++;
    p++;
  }
  return p === pattern.length;
}

/**
 * Lower case of A–Z alone. `toLowerCase` also folds look-alikes (U+212A KELVIN SIGN becomes `k`), which would let one name pass
 * for another.
 */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
