import { distribution3, dockerRegistry2 } from './distribution.mjs';
import { entrepot } from './entrepot.mjs';
import { zot } from './zot.mjs';

/**
 * Who is measured, in the order of the table's columns. Each has `id`, `title`, `ours`, `notes` (what it was run with), `smoke` (whether it takes
 * part in the short run) and `start({ profileFolder })`, which answers { server, credentials, allowTags? } or { missing: why }; `allowTags` raises a quota that stands in the way.
 */
export const CANDIDATES = [entrepot('standalone'), entrepot('services'), distribution3, zot, dockerRegistry2];
