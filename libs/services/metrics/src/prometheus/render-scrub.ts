import { scrubStatus } from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';
import { type Logger, logErrorByFamily, MetricsRegistry } from '@entrepot/platform-observability';

/** How the catalog's scrub fares, as Prometheus reads it. When the catalog doesn't answer it is only `entrepot_scrub_up 0`: old numbers would lie. */
export async function renderScrub(messages: Pick<MessageClient, 'ask'>, logger: Logger): Promise<string> {
  const metrics = new MetricsRegistry();
  const up = metrics.gauge('entrepot_scrub_up', 'Whether the catalog told how its scrub fares.');
  try {
    const status = await messages.ask(scrubStatus, {});
    const gauge = (name: string, help: string, value: number) =>
      metrics.gauge(`entrepot_scrub_${name}`, help).set(value);
    gauge(
      'oldest_unverified_seconds',
      'Since the stored byte that was verified longest ago was; 0 when nothing is stored.',
      status.oldestUnverifiedSeconds ?? 0,
    );
    gauge('interval_seconds', 'After which bytes are to be verified again.', status.intervalSeconds);
    gauge('damaged_blobs', 'Blobs that are quarantined.', status.damagedBlobs);
    gauge('damaged_bytes', 'Bytes of blobs that are quarantined.', status.damagedBytes);
    gauge('suspected_blobs', 'Blobs that a pull met damaged and that are not judged yet.', status.suspectedBlobs);
    up.set(1);
  } catch (error) {
    logErrorByFamily(logger, error, 'the catalog did not tell how its scrub fares');
    up.set(0);
  }
  return metrics.render();
}
