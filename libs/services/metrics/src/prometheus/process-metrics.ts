import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Counter, Gauge, MetricsRegistry } from '@entrepot/platform-observability';

/** How this process fares, under the names that Prometheus's own client libraries use. Measured when asked. */
export class ProcessMetrics implements OnModuleInit, OnModuleDestroy {
  readonly #cpu: Counter;
  readonly #memory: Gauge;
  readonly #heap: Gauge;
  readonly #lag: Gauge;
  readonly #delay = monitorEventLoopDelay();
  #cpuSeconds = 0;

  constructor(registry: MetricsRegistry) {
    this.#cpu = registry.counter('process_cpu_seconds_total', 'Processor time used, in seconds.');
    this.#memory = registry.gauge('process_resident_memory_bytes', 'Resident memory.');
    this.#heap = registry.gauge('nodejs_heap_size_used_bytes', "Memory in use on JavaScript's heap.");
    this.#lag = registry.gauge(
      'nodejs_eventloop_lag_p99_seconds',
      'Delay of the event loop since the last scrape, 99th percentile.',
    );
    registry
      .gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.')
      .set(Math.round(Date.now() / 1_000 - process.uptime()));
  }

  onModuleInit(): void {
    this.#delay.enable();
  }

  onModuleDestroy(): void {
    this.#delay.disable();
  }

  measure(): void {
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1e6;
    this.#cpu.inc({}, seconds - this.#cpuSeconds);
    this.#cpuSeconds = seconds;
    const { rss, heapUsed } = process.memoryUsage();
    this.#memory.set(rss);
    this.#heap.set(heapUsed);
    const p99 = this.#delay.percentile(99) / 1e9;
    this.#lag.set(Number.isFinite(p99) ? p99 : 0);
    this.#delay.reset();
  }
}
