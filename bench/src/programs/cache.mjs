import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs that are only needed to measure are kept between runs. */
export const cacheDirectory = process.env.ENTREPOT_BENCH_CACHE || join(homedir(), '.cache', 'entrepot-bench');
