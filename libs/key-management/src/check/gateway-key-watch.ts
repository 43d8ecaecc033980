import { registryKeyCanaries } from '@entrepot/contracts';
import type { MessageClient } from '@entrepot/platform-messaging';
import type { LeveledLog } from '@entrepot/platform-observability';
import type { MasterKeys } from '../master-keys.js';
import type { CatalogRegistryKeys } from '../registry/catalog-registry-keys.js';
import { checkKeys, type KeyVerdict } from './check-keys.js';
import { KeyWatch } from './key-watch.js';

export interface GatewayKeyWatchNeeds {
  readonly messages: Pick<MessageClient, 'ask'>;
  readonly masterKeys: MasterKeys | null;
  readonly keys: Pick<CatalogRegistryKeys, 'forget'>;
  readonly logger: LeveledLog;
  readonly intervalSeconds: number;
}

/**
 * A gateway opens one registry key of each master key that is in use, its canary; the catalog opens all. When one does not open, what was
 * unwrapped before is forgotten, so that nothing more is sealed with keys that nobody may be able to open again.
 */
export function gatewayKeyWatch({
  messages,
  masterKeys,
  keys,
  logger,
  intervalSeconds,
}: GatewayKeyWatchNeeds): KeyWatch {
  const check = async (): Promise<KeyVerdict> => {
    const { canaries } = await messages.ask(registryKeyCanaries, {});
    const counts = new Map(canaries.map(({ masterKeyId, registries }) => [masterKeyId, registries]));
    const verdict = await checkKeys(masterKeys, [canaries]);
    const problems = verdict.problems.map((problem) => ({
      ...problem,
      registries: counts.get(problem.masterKeyId) ?? problem.registries,
    }));
    return { ...verdict, problems };
  };
  return new KeyWatch({ check, logger, intervalSeconds, onProblem: () => keys.forget() });
}
