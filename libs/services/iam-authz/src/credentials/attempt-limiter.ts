import { isIP } from 'node:net';
import { BoundedCache } from '@entrepot/access';

/** Wrong secrets of one key from one address within a window: a person mistypes a few times, a script with an old secret soon stops. */
const PER_KEY_AND_ADDRESS = 10;
/** Wrong secrets from one address, whatever the key: a company behind one address has several such persons. */
const PER_ADDRESS = 100;
const WINDOW_MS = 60_000;
/** Pairs and addresses remembered; 100,000 take about 20 MiB. The least recently seen are forgotten first. */
const MAX_REMEMBERED = 100_000;

interface Window {
  endsAt: number;
  wrong: number;
}

/**
 * Slows down guessing. A key is refused only to the address that guesses, so strangers can't lock it out for others; an address that guesses
 * at many keys is refused except where it has shown the right secret before.
 */
export class AttemptLimiter {
  readonly #pairs = new BoundedCache<string, Window>(MAX_REMEMBERED);
  readonly #addresses = new BoundedCache<string, Window>(MAX_REMEMBERED);
  readonly #proven = new BoundedCache<string, true>(MAX_REMEMBERED);

  /** Seconds until this key may be tried again from here; 0 when it may be tried now. */
  secondsToWait(keyId: string, address: string | null, now: number): number {
    const place = networkOf(address);
    const pair = `${place} ${keyId}`;
    const ofPair = remaining(this.#pairs.get(pair), PER_KEY_AND_ADDRESS, now);
    if (ofPair > 0 || this.#proven.get(pair)) return ofPair;
    return remaining(this.#addresses.get(place), PER_ADDRESS, now);
  }

  wrong(keyId: string, address: string | null, now: number): void {
    const place = networkOf(address);
    count(this.#pairs, `${place} ${keyId}`, now);
    count(this.#addresses, place, now);
  }

  right(keyId: string, address: string | null): void {
    const pair = `${networkOf(address)} ${keyId}`;
    this.#proven.set(pair, true);
    this.#pairs.delete(pair);
  }
}

function count(windows: BoundedCache<string, Window>, key: string, now: number): void {
  const current = windows.get(key);
  if (current && current.endsAt > now) current.wrong++;
  else windows.set(key, { endsAt: now + WINDOW_MS, wrong: 1 });
}

function remaining(window: Window | undefined, limit: number, now: number): number {
  if (!window || window.wrong < limit || window.endsAt <= now) return 0;
  return Math.max(1, Math.ceil((window.endsAt - now) / 1000));
}

// One IPv6 customer has a whole /64 and could use another address for each guess.
function networkOf(address: string | null): string {
  if (address === null || isIP(address) !== 6) return address ?? 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1] as string;
  const [head = '', tail] = address.toLowerCase().split('%', 1)[0]!.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
