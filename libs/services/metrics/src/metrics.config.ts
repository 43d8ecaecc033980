import { type Secret, Setting } from '@entrepot/platform-config';

/** Settings of `metrics`. */
export class MetricsConfig {
  @Setting({
    env: 'ENTREPOT_METRICS_MINUTES_KEPT',
    kind: 'duration-seconds',
    default: '90d',
    min: 3_600,
    max: 3 * 365 * 86_400,
    help: 'How long the count of a minute is kept.',
    edge: 'Older minutes are dropped within the hour; totals are not.',
  })
  minutesKeptSeconds!: number;

  @Setting({
    env: 'ENTREPOT_METRICS_TOKEN',
    kind: 'secret',
    optional: true,
    min: 16,
    max: 512,
    help: 'Bearer token that a scrape of /metrics must carry.',
    edge: 'Not set: only programs on the same machine may scrape.',
  })
  scrapeToken?: Secret;

  @Setting({
    env: 'ENTREPOT_METRICS_MAX_REGISTRIES',
    kind: 'integer',
    default: 500,
    min: 1,
    max: 10_000,
    help: 'Registries that /metrics shows one by one.',
    edge: 'Those after them are added up under registry_id="other".',
  })
  maxRegistries!: number;
}
