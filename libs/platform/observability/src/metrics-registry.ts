import { Counter, Gauge, Histogram, type Metric } from './metric.js';

/** Content type of {@link MetricsRegistry.render}: Prometheus text format 0.0.4. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

// Seconds, from a cached answer to the slowest commit of a large blob.
const DEFAULT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The metrics of a process. Asking twice for a name gives the same metric; asking for it as another kind throws. */
export class MetricsRegistry {
  private readonly metrics = new Map<string, Metric>();

  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    return this.named(name, Counter, () => new Counter(name, help, labels));
  }

  gauge(name: string, help: string, labels: readonly string[] = []): Gauge {
    return this.named(name, Gauge, () => new Gauge(name, help, labels));
  }

  /** `buckets` are upper bounds, ascending, in the unit of the name (`…_seconds`). */
  histogram(
    name: string,
    help: string,
    labels: readonly string[] = [],
    buckets: readonly number[] = DEFAULT_BUCKETS,
  ): Histogram {
    return this.named(name, Histogram, () => new Histogram(name, help, labels, buckets));
  }

  /** All metrics as Prometheus reads them. */
  render(): string {
    return [...this.metrics.values()].map((metric) => metric.render()).join('');
  }

  private named<M extends Metric>(name: string, kind: new (...args: never[]) => M, make: () => M): M {
    const known = this.metrics.get(name);
    if (known instanceof kind) return known;
    if (known) throw new Error(`The metric ${name} exists already as another kind.`);
    const made = make();
    this.metrics.set(name, made);
    return made;
  }
}
