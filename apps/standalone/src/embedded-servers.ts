import {
  DataDirectory,
  EmbeddedNats,
  EmbeddedPostgres,
  findNatsServer,
  StartRefusedError,
} from '@entrepot/platform-embedded';
import type { Logger } from '@entrepot/platform-observability';
import { accountSubscriber, type BusUser } from '@entrepot/platform-service';

/** Services that keep rows. */
export const DATABASES = ['catalog', 'iam-authz', 'scanner-orchestrator', 'retention', 'metrics'] as const;

export type DatabaseName = (typeof DATABASES)[number];

/** The account that the first start makes; its subscriber's credentials are in `secrets/nats-account-…`. */
export const DEFAULT_ACCOUNT = '000000000001';

export interface EmbeddedServers {
  readonly nats: EmbeddedNats;
  readonly databaseUrls: Readonly<Record<DatabaseName, string>>;
  stop(): Promise<void>;
}

/** Starts both servers at once; when one of them fails, the other is ended again. */
export async function startServers(
  data: DataDirectory,
  users: readonly BusUser[],
  logger: Logger,
): Promise<EmbeddedServers> {
  const binary = findNatsServer({ toolsDirectory: data.tools });
  if (!binary) {
    throw new StartRefusedError(
      'nats-server is not on the PATH: use npm start, which obtains it, or install nats-server 2.9 or newer.',
    );
  }
  const everyone = [...users, accountSubscriber(DEFAULT_ACCOUNT)];
  const [postgres, nats] = await both(
    EmbeddedPostgres.start({ data, logger }),
    EmbeddedNats.start({ data, binary, users: everyone, logger }),
  );
  const urls = await postgres.ensureServices(DATABASES.map((service) => ({ service })));
  const databaseUrls = Object.fromEntries(DATABASES.map((service, i) => [service, urls[i] as string])) as Record<
    DatabaseName,
    string
  >;
  return {
    nats,
    databaseUrls,
    stop: async () => {
      await Promise.all([nats.stop(), postgres.stop()]);
    },
  };
}

async function both<A extends { stop(): Promise<void> }, B extends { stop(): Promise<void> }>(
  first: Promise<A>,
  second: Promise<B>,
): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  await Promise.all([a, b].map(async (it) => it.status === 'fulfilled' && it.value.stop()));
  throw a.status === 'rejected' ? a.reason : (b as PromiseRejectedResult).reason;
}
