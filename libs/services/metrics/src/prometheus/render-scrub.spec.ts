import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@entrepot/platform-observability';
import { renderScrub } from './render-scrub.js';

const logger = createLogger({ level: 'silent', service: 'metrics' });
const catalog = (answer: () => Promise<unknown>) => ({ ask: answer }) as never;

describe('the scrub in /metrics', () => {
  it('shows the age of the oldest unverified byte and what is damaged', async () => {
    const status = {
      oldestUnverifiedSeconds: 7_200,
      intervalSeconds: 604_800,
      damagedBlobs: 2,
      damagedBytes: 4_096,
      suspectedBlobs: 1,
    };
    const text = await renderScrub(
      catalog(async () => status),
      logger,
    );
    for (const line of [
      'entrepot_scrub_up 1',
      'entrepot_scrub_oldest_unverified_seconds 7200',
      'entrepot_scrub_interval_seconds 604800',
      'entrepot_scrub_damaged_blobs 2',
      'entrepot_scrub_damaged_bytes 4096',
      'entrepot_scrub_suspected_blobs 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('shows no old numbers while the catalog is away', async () => {
    const text = await renderScrub(
      catalog(() => Promise.reject(new Error('no answer'))),
      logger,
    );
    expect(text).toContain('entrepot_scrub_up 0');
    expect(text).not.toContain('damaged');
  });
});
