import type { Environment } from './load-config.js';

/** Further away than this, a name is not what was meant. */
const MAX_DISTANCE = 4;
/** Longer names are no typing errors of ours, and comparing costs the product of the lengths. */
const MAX_LENGTH = 64;

/** Names of variables that begin with the prefix and that are no setting; `<setting>_FILE` is one. */
export function unknownNames(prefix: string, settings: readonly string[], env: Environment = process.env): string[] {
  const known = new Set(settings.flatMap((name) => [name, `${name}_FILE`]));
  return Object.keys(env).filter((name) => name.startsWith(prefix) && !known.has(name));
}

/** One sentence for each of {@link unknownNames}, with the setting that was probably meant. */
export function unknownVariables(
  prefix: string,
  settings: readonly string[],
  env: Environment = process.env,
): string[] {
  return unknownNames(prefix, settings, env).map((name) => {
    const meant = nearest(name, settings);
    return `${name} is set, but there is no such setting${meant === null ? '' : `: did you mean ${meant}?`}`;
  });
}

function nearest(name: string, settings: readonly string[]): string | null {
  if (name.length > MAX_LENGTH) return null;
  const candidates = settings.flatMap((setting) => [setting, `${setting}_FILE`]);
  const [best] = candidates
    .map((setting) => ({ setting, distance: distanceOf(name, setting) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= MAX_DISTANCE ? best.setting : null;
}

/** How many letters must be put in, taken out or replaced to make one of the other (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
