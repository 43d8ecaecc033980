import { UPLOAD_CLAIM_MS } from '@entrepot/contracts';

const HOUR_MS = 3_600_000;

/** How long an upload session lives after it was last used, and a blob that nothing refers to after it was last asked for. */
export const KEEP_MS = UPLOAD_CLAIM_MS;
/** How long after a claim has run out bytes of its attempt may still reach the store: requests that end, clocks that disagree. */
export const LATE_MS = HOUR_MS;
/** How long what was deleted could be brought back; its bytes go after. */
export const UNDELETE_MS = 24 * HOUR_MS;

export function after(now: Date, milliseconds: number): Date {
  return new Date(now.getTime() + milliseconds);
}
