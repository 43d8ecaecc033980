export { AccessLog, outcomeOf, type AccessEntry, type AccessOutcome, type AccessRecord } from './access-log.js';
export {
  CallerError,
  EnvironmentFailure,
  familyOf,
  isRetryable,
  logErrorByFamily,
  messageOf,
  type ErrorFamily,
  type LeveledLog,
} from './errors.js';
export { HealthRegistry, type Readiness } from './health-registry.js';
export { createLogger, flushLogs, type Logger, type LoggerOptions, type LogLevel } from './logger.js';
export { Counter, Gauge, Histogram, type Labels } from './metric.js';
export { METRICS_CONTENT_TYPE, MetricsRegistry } from './metrics-registry.js';
export { NestLogger, nestLogger } from './nest-logger.js';
export { REDACTED, redact } from './redact.js';
export { withSpan } from './span.js';
