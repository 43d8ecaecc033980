/** The labels of one series: a value for each label that the metric declared. */
export type Labels = Readonly<Record<string, string>>;

// More series than this means that a label holds ids or names from clients; those are folded into one series instead of filling memory.
const MAX_SERIES = 1000;
const OTHER = 'other';

/** A named metric with its series, rendered in Prometheus text format. */
export abstract class Metric<S = unknown> {
  protected abstract readonly type: 'counter' | 'gauge' | 'histogram';
  private readonly series = new Map<string, S>();

  constructor(
    readonly name: string,
    private readonly help: string,
    private readonly labels: readonly string[],
  ) {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new Error(`${name} is no name for a metric.`);
  }

  render(): string {
    const head = `# HELP ${this.name} ${escape(this.help)}\n# TYPE ${this.name} ${this.type}\n`;
    return head + [...this.series].map(([labels, state]) => this.lines(labels, state)).join('');
  }

  protected abstract lines(labels: string, state: S): string;
  protected abstract empty(): S;

  protected stateOf(labels: Labels): S {
    const key = this.keyOf((label) => labels[label] ?? '');
    const known = this.series.get(key);
    if (known !== undefined) return known;
    const place = this.series.size < MAX_SERIES ? key : this.keyOf(() => OTHER);
    const state = this.series.get(place) ?? this.empty();
    this.series.set(place, state);
    return state;
  }

  private keyOf(valueOf: (label: string) => string): string {
    return this.labels.map((label) => `${label}="${escape(valueOf(label)).replaceAll('"', '\\"')}"`).join(',');
  }
}

/** A number that only grows. */
export class Counter extends Metric<{ value: number }> {
  protected override readonly type = 'counter';

  /** Adds one, or the amount given; a negative amount throws. */
  inc(labels: Labels = {}, amount = 1): void {
    if (amount < 0) throw new RangeError(`The counter ${this.name} cannot go down.`);
    this.stateOf(labels).value += amount;
  }

  protected override lines(labels: string, state: { value: number }): string {
    return line(this.name, labels, state.value);
  }

  protected override empty(): { value: number } {
    return { value: 0 };
  }
}

/** A number that goes up and down. */
export class Gauge extends Metric<{ value: number }> {
  protected override readonly type = 'gauge';

  set(value: number, labels: Labels = {}): void {
    this.stateOf(labels).value = value;
  }

  /** Adds the amount given, which may be negative. */
  add(amount: number, labels: Labels = {}): void {
    this.stateOf(labels).value += amount;
  }

  protected override lines(labels: string, state: { value: number }): string {
    return line(this.name, labels, state.value);
  }

  protected override empty(): { value: number } {
    return { value: 0 };
  }
}

interface HistogramState {
  counts: number[];
  sum: number;
}

/** How often values fell under each of a row of bounds. */
export class Histogram extends Metric<HistogramState> {
  protected override readonly type = 'histogram';

  constructor(
    name: string,
    help: string,
    labels: readonly string[],
    private readonly buckets: readonly number[],
  ) {
    super(name, help, labels);
  }

  observe(value: number, labels: Labels = {}): void {
    const state = this.stateOf(labels);
    const at = this.buckets.findIndex((bound) => value <= bound);
    const index = at === -1 ? this.buckets.length : at;
    state.counts[index] = (state.counts[index] ?? 0) + 1;
    state.sum += value;
  }

  protected override lines(labels: string, state: HistogramState): string {
    let total = 0;
    const rows = [...this.buckets, Infinity].map((bound, index) => {
      total += state.counts[index] ?? 0;
      const le = `le="${bound === Infinity ? '+Inf' : bound}"`;
      return line(`${this.name}_bucket`, labels ? `${labels},${le}` : le, total);
    });
    return rows.join('') + line(`${this.name}_sum`, labels, state.sum) + line(`${this.name}_count`, labels, total);
  }

  protected override empty(): HistogramState {
    return { counts: this.buckets.map(() => 0).concat(0), sum: 0 };
  }
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels ? `{${labels}}` : ''} ${value}\n`;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
