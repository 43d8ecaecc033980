// How the report writes a number.

/** Four digits, with thousands separators; a dash where there is none. */
export const formatted = (value) =>
  value === undefined || value === null ? '–' : value.toLocaleString('en-US', { maximumSignificantDigits: 4 });

/** A median and, of more than one round, the largest distance of any round from it, in percent. */
export function withSpread(value, spread) {
  if (value === undefined || value === null) return '–';
  const furthest = Math.max(spread.most - value, value - spread.least) / value;
  return spread.most === spread.least ? formatted(value) : `${formatted(value)} ±${(furthest * 100).toFixed(0)} %`;
}

/** How many times better the first is than the second: above 1 is good for it, whatever the unit. Null where one is missing. */
export function timesBetter(better, ours, theirs) {
  if (ours === undefined || theirs === undefined) return null;
  return better === 'more' ? ours / theirs : theirs / ours;
}

/** That for each round that has both, least first. */
export function timesBetterByRound({ id, better }, measurements, ours, theirs) {
  const valueOf = (candidate, round) =>
    measurements.find((each) => each.case === id && each.candidate === candidate && each.round === round)?.value;
  const rounds = [...new Set(measurements.map(({ round }) => round))];
  return rounds
    .map((round) => timesBetter(better, valueOf(ours, round), valueOf(theirs, round)))
    .filter((ratio) => ratio !== null)
    .sort((a, b) => a - b);
}

/** The least and the most of sorted ratios, as in `0.91–1.20`. */
export const rangeOf = (ratios) => (ratios.length < 2 ? '–' : `${ratios[0].toFixed(2)}–${ratios.at(-1).toFixed(2)}`);
