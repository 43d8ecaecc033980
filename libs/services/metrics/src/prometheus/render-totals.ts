import { METRIC_NAMES, METRICS, NO_REGISTRY } from '../minutes/metric.js';
import type { Total } from '../minutes/minute-count.store.js';

/**
 * The totals as Prometheus reads them. Their labels are ids of accounts and registries, which only those who administer make, never names
 * or addresses of clients; the query bounds how many there are, since each series costs the monitoring system memory for as long as it lives.
 */
export function renderTotals(totals: readonly Total[]): string {
  return METRIC_NAMES.map((name) => {
    const { prometheus, help } = METRICS[name];
    const lines = totals
      .filter(({ metric }) => metric === name)
      .map((total) => `${prometheus}${labels(total)} ${total.count}\n`);
    return `# HELP ${prometheus} ${help}\n# TYPE ${prometheus} counter\n${lines.join('')}`;
  }).join('');
}

function labels({ accountId, registryId }: Total): string {
  return `{account_id="${escape(accountId)}",registry_id="${registryId === NO_REGISTRY ? '' : escape(registryId)}"}`;
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
