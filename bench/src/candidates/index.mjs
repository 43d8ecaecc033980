import { distribution3, dockerRegistry2 } from './distribution.mjs';
import { services, standalone, standaloneEncrypted } from './entrepot.mjs';
import { zot } from './zot.mjs';

/**
 * Who is measured, in the order of the table's columns. Each has `id`, `title`, `ours`, `notes` (what it was run with), `smoke` (whether it takes
 * part in the short run), perhaps `takes(id)` (whether it takes part in a case) and `start({ profileFolder })`, which answers { server, credentials,
 * setLimits? } or { missing: why }; `setLimits` raises a quota that stands in the way.
 */
export const CANDIDATES = [standalone, standaloneEncrypted, services, distribution3, zot, dockerRegistry2];
