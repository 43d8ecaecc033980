import { describe, expect, it } from '@jest/globals';
import { METRIC_NAMES } from './metric.js';
import { MAX_POINTS, rangeOf } from './metrics.query.js';

const NOW = new Date('2026-11-21T12:34:56Z');

describe('rangeOf', () => {
  it('means the last hour of all metrics, the present minute included, when nothing is said', () => {
    expect(rangeOf({}, NOW)).toEqual({
      metrics: METRIC_NAMES,
      from: new Date('2026-11-21T11:35:00Z'),
      to: new Date('2026-11-21T12:35:00Z'),
    });
  });

  it('takes whole minutes, in any time zone', () => {
    const query = { metric: 'login.count', from: '2026-11-21T13:00:59+01:00', to: '2026-11-21T12:10:30Z' } as const;
    expect(rangeOf(query, NOW)).toEqual({
      metrics: ['login.count'],
      from: new Date('2026-11-21T12:00:00Z'),
      to: new Date('2026-11-21T12:10:00Z'),
    });
  });

  it('refuses a range that is empty or backwards', () => {
    const at = '2026-11-21T12:00:00Z';
    expect(() => rangeOf({ from: at, to: at }, NOW)).toThrow(/`from`/);
    expect(() => rangeOf({ from: '2026-11-22T12:00:00Z' }, NOW)).toThrow(/`from`/);
  });

  it('refuses more points than one answer may have, and says how many it would be', () => {
    const from = new Date(NOW.getTime() - MAX_POINTS * 60_000).toISOString();
    expect(() => rangeOf({ from }, NOW)).toThrow(new RegExp(`${(MAX_POINTS + 1) * METRIC_NAMES.length} points`));
    expect(rangeOf({ metric: 'login.count', from, to: NOW.toISOString() }, NOW).metrics).toEqual(['login.count']);
  });
});
