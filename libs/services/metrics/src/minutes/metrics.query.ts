import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsISO8601, IsIn, IsOptional, MaxLength } from 'class-validator';
import { badRequest } from '@entrepot/platform-http';
import { METRIC_NAMES, type MetricName } from './metric.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Of one answer: all metrics for a day and a half, or one for two weeks; 1.2 MB of JSON when something happened in each minute. */
export const MAX_POINTS = 24_000;

/** Which counts are asked for. */
export class MetricsQuery {
  @ApiPropertyOptional({ enum: METRIC_NAMES, description: 'One metric; all of them unless given.' })
  @IsOptional()
  @IsIn(METRIC_NAMES)
  metric?: MetricName;

  @ApiPropertyOptional({ format: 'date-time', description: 'First minute; an hour before `to` unless given.' })
  @IsOptional()
  @MaxLength(40)
  @IsISO8601({ strict: true, strictSeparator: true })
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'End, not included; now unless given.' })
  @IsOptional()
  @MaxLength(40)
  @IsISO8601({ strict: true, strictSeparator: true })
  to?: string;
}

/** The metrics and the whole minutes that a query means. Throws a 400 for a range that is empty or holds too much. */
export function rangeOf(query: MetricsQuery, now: Date): { metrics: readonly MetricName[]; from: Date; to: Date } {
  const to = query.to === undefined ? Math.floor(now.getTime() / MINUTE_MS + 1) * MINUTE_MS : minuteOf(query.to);
  const from = query.from === undefined ? to - HOUR_MS : minuteOf(query.from);
  const metrics = query.metric === undefined ? METRIC_NAMES : [query.metric];
  if (from >= to) throw badRequest('`from` must be at least a minute before `to`.');
  const points = ((to - from) / MINUTE_MS) * metrics.length;
  if (points > MAX_POINTS) {
    throw badRequest(
      `That would be ${points} points; at most ${MAX_POINTS} are answered at once: ask for less time or one metric.`,
    );
  }
  return { metrics, from: new Date(from), to: new Date(to) };
}

function minuteOf(text: string): number {
  return Math.floor(Date.parse(text) / MINUTE_MS) * MINUTE_MS;
}
