import { describe, expect, it } from '@jest/globals';
import { HealthRegistry } from './health-registry.js';
import { MetricsRegistry } from './metrics-registry.js';
import { withSpan } from './span.js';

describe('HealthRegistry', () => {
  it('is ready when every check is, also with none', async () => {
    const health = new HealthRegistry();
    expect(await health.check()).toEqual({ ready: true, missing: [] });
    health.add('database', async () => undefined);
    expect((await health.check()).ready).toBe(true);
  });

  it('names everything that is missing, with its reason, and cuts a check that hangs', async () => {
    const health = new HealthRegistry(20);
    health.add('database', () => Promise.reject(new Error('connection refused')));
    health.add('bus', () => new Promise(() => undefined));
    health.add('store', () => {
      throw new Error('thrown at once');
    });
    expect(await health.check()).toEqual({
      ready: false,
      missing: [
        { name: 'database', reason: 'connection refused' },
        { name: 'bus', reason: 'no answer within 20 ms' },
        { name: 'store', reason: 'thrown at once' },
      ],
    });
  });

  it('shares one run between callers at the same time, and runs anew afterwards', async () => {
    const health = new HealthRegistry();
    let runs = 0;
    health.add('counted', async () => void runs++);
    await Promise.all([health.check(), health.check()]);
    expect(runs).toBe(1);
    await health.check();
    expect(runs).toBe(2);
  });

  it('refuses a second check of the same name', () => {
    const health = new HealthRegistry();
    health.add('bus', async () => undefined);
    expect(() => health.add('bus', async () => undefined)).toThrow('exists already');
  });
});

describe('MetricsRegistry', () => {
  it('renders counters, gauges and histograms as Prometheus text', () => {
    const metrics = new MetricsRegistry();
    metrics.counter('pulls_total', 'Pulls.', ['result']).inc({ result: 'a"b\n' }, 2);
    metrics.gauge('uploads', 'Open uploads.').set(3);
    const seconds = metrics.histogram('step_seconds', 'Duration.', [], [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 5]) seconds.observe(value);
    expect(metrics.render()).toBe(
      [
        '# HELP pulls_total Pulls.',
        '# TYPE pulls_total counter',
        'pulls_total{result="a\\"b\\n"} 2',
        '# HELP uploads Open uploads.',
        '# TYPE uploads gauge',
        'uploads 3',
        '# HELP step_seconds Duration.',
        '# TYPE step_seconds histogram',
        'step_seconds_bucket{le="0.1"} 2',
        'step_seconds_bucket{le="1"} 3',
        'step_seconds_bucket{le="+Inf"} 4',
        'step_seconds_sum 5.65',
        'step_seconds_count 4',
        '',
      ].join('\n'),
    );
  });

  it('gives the same metric for the same name, and refuses it as another kind', () => {
    const metrics = new MetricsRegistry();
    expect(metrics.counter('a_total', 'A.')).toBe(metrics.counter('a_total', 'A.'));
    expect(() => metrics.gauge('a_total', 'A.')).toThrow('another kind');
  });

  it('folds series beyond its bound into one', () => {
    const counter = new MetricsRegistry().counter('b_total', 'B.', ['id']);
    for (let id = 0; id < 1500; id++) counter.inc({ id: String(id) });
    const lines = counter.render().split('\n');
    expect(lines).toContain('b_total{id="other"} 500');
    expect(lines.length).toBeLessThan(1010);
  });

  it('does not let a counter go down', () => {
    expect(() => new MetricsRegistry().counter('c_total', 'C.').inc({}, -1)).toThrow(RangeError);
  });
});

describe('withSpan', () => {
  it('gives back what the function returns or resolves with, and throws what it throws', async () => {
    expect(withSpan('sync', () => 1)).toBe(1);
    await expect(withSpan('async', async () => 2)).resolves.toBe(2);
    const boom = new Error('boom');
    expect(() =>
      withSpan('throws', () => {
        throw boom;
      }),
    ).toThrow(boom);
    await expect(withSpan('rejects', () => Promise.reject(boom))).rejects.toBe(boom);
  });
});
