import { ApiProperty } from '@nestjs/swagger';
import { METRIC_NAMES, METRICS, type MetricName } from './metric.js';
import type { MinuteCount } from './minute-count.store.js';

export class MinutePoint {
  /** Its beginning. */
  @ApiProperty({ type: 'string', format: 'date-time' }) minute!: string;
  @ApiProperty({ type: 'integer', minimum: 1 }) count!: number;
}

export class MetricSeries {
  @ApiProperty({ enum: METRIC_NAMES }) metric!: MetricName;
  @ApiProperty() title!: string;
  @ApiProperty({ enum: ['Count/Minute'] }) unit!: string;
  /** How several minutes become one value. */
  @ApiProperty({ enum: ['sum'] }) statistic!: string;
  /** Oldest first. A minute that is missing counts as zero. */
  @ApiProperty({ type: [MinutePoint] }) points!: MinutePoint[];
}

export class RegistryMetrics {
  @ApiProperty() registryId!: string;
  @ApiProperty({ type: 'string', format: 'date-time' }) from!: string;
  @ApiProperty({ type: 'string', format: 'date-time' }) to!: string;
  @ApiProperty({ type: [MetricSeries] }) series!: MetricSeries[];
}

/** One series for each metric asked for, also for one in which nothing happened. */
export function seriesOf(metrics: readonly MetricName[], counts: readonly MinuteCount[]): MetricSeries[] {
  const points = new Map<MetricName, MinutePoint[]>(metrics.map((metric) => [metric, []]));
  for (const { metric, minute, count } of counts) points.get(metric)?.push({ minute: minute.toISOString(), count });
  return [...points].map(([metric, ofMetric]) => {
    const { title, unit, statistic } = METRICS[metric];
    return { metric, title, unit, statistic, points: ofMetric };
  });
}
