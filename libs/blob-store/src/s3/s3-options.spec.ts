import { describe, expect, it } from '@jest/globals';
import { settingsOf } from './s3-options.js';

describe('settings of the S3 driver', () => {
  const options = { endpoint: 'https://storage.example.com', accessKey: 'a', secretKey: 'b', bucket: 'registry' };

  it('bound by default how long one request and all its tries take: a minute and a quarter', () => {
    const { silenceMs, giveUpMs, backoffMs } = settingsOf(options);
    expect(silenceMs + giveUpMs).toBeLessThanOrEqual(75_000);
    // A store that answers within ten seconds is slow, not gone, and another try comes before the time is over.
    expect(silenceMs).toBeGreaterThan(10_000);
    expect(giveUpMs).toBeGreaterThan(2 * silenceMs);
    expect(backoffMs).toBeLessThanOrEqual(1_000);
  });

  it.each([
    ['silenceMs', 0],
    ['silenceMs', Number.POSITIVE_INFINITY],
    ['silenceMs', Number.NaN],
    ['giveUpMs', -1],
    ['giveUpMs', Number.POSITIVE_INFINITY],
    ['backoffMs', 0],
  ])('refuse %s of %d', (name, value) => {
    expect(() => settingsOf({ ...options, [name]: value })).toThrow(/^the S3 store needs at least \d ms of /);
  });
});
