import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessClient, hostConfig } from '@entrepot/access';
import {
  accountRegistries,
  lookup,
  type AccountRegistriesRequest,
  type LookupAnswer,
  type LookupQuestion,
  type LookupRequest,
} from '@entrepot/contracts';
import { loadConfig } from '@entrepot/platform-config';
import { createHttpApp } from '@entrepot/platform-http';
import { InProcessBus, InProcessMessageClient, InProcessServer } from '@entrepot/platform-messaging';
import { Database, silentLogger } from '@entrepot/platform-persistence';
import { IamConfig } from '../iam-authz.config.js';
import { IamAuthzModule } from '../iam-authz.module.js';
import { iamSchema } from '../schema.js';

export const ROOT = { accessKey: 'EKROOTROOT', secret: 'root-secret-with:a-colon' };
export const PRIVATE_DOMAIN = 'scr.private.test';

/** Where the registry `demo` and its repository `apps` are; `open` is a public registry. */
export const DEMO_ID = '0193a0c2d4e87b0f9a1c3e5d7f90b2a4';
export const OPEN_ID = '0193a0c2d4e87b0f9a1c3e5d7f90b2a5';

/** One replica of the service, as a composer makes it, listening on loopback. */
export interface IamApp {
  app: NestFastifyApplication;
  bus: InProcessBus;
  messages: InProcessMessageClient;
  database: Database;
  access: AccessClient;
  /** `http://127.0.0.1:<port>`. */
  url: string;
  host: string;
  lookups: LookupRequest[];
  /** Names of the registries that the catalog would tell of an account. */
  registries: Map<string, string[]>;
  close(): Promise<void>;
}

export interface IamAppOptions {
  url: string;
  rootSecret?: string;
  clock?: () => Date;
  pepper?: string;
}

export async function startIam({ url, rootSecret = ROOT.secret, clock, pepper }: IamAppOptions): Promise<IamApp> {
  const database = await Database.open({ ...iamSchema, url, poolSize: 6, logger: silentLogger });
  await database.migrate();
  const bus = new InProcessBus();
  const messages = new InProcessMessageClient(bus);
  const lookups: LookupRequest[] = [];
  bus.answer(lookup.subject, async (request) => {
    lookups.push(request as LookupRequest);
    return { answers: (request as LookupRequest).questions.map(placeOf) };
  });
  const registries = new Map<string, string[]>();
  bus.answer(accountRegistries.subject, async (request) => ({
    names: registries.get((request as AccountRegistriesRequest).accountId) ?? [],
  }));
  const config = loadConfig(IamConfig, {
    ENTREPOT_IAM_PEPPER: pepper ?? 'a-pepper-of-at-least-32-characters!',
    ENTREPOT_ROOT_ACCESS_KEY: ROOT.accessKey,
    ENTREPOT_ROOT_SECRET_KEY: rootSecret,
  });
  const hosts = hostConfig({ publicUrls: [], privateDomain: PRIVATE_DOMAIN, publicDomain: null });
  const access = new AccessClient({ messages, logger: silentLogger });
  const module = IamAuthzModule.forRoot({
    config,
    database,
    messages,
    access,
    hosts,
    logger: silentLogger,
    ...(clock ? { clock } : {}),
  });
  let app: NestFastifyApplication | null = null;
  const close = async () => {
    access.stop();
    await app?.close();
    await database.close();
  };
  try {
    app = await createHttpApp(module);
    app.connectMicroservice({ strategy: new InProcessServer(bus) });
    await app.startAllMicroservices();
    await access.start();
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    bus,
    messages,
    database,
    access,
    lookups,
    registries,
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    close,
  };
}

function placeOf({ registryId, registryName, repository }: LookupQuestion): LookupAnswer {
  const nowhere = { registry: null, repository: null, image: null, manifest: null, blob: null };
  const isDemo = registryId === DEMO_ID || registryName === 'demo';
  const isOpen = registryId === OPEN_ID || registryName === 'open';
  if (!isDemo && !isOpen) return nowhere;
  const registry = {
    registryId: isDemo ? DEMO_ID : OPEN_ID,
    accountId: '000000000001',
    name: isDemo ? 'demo' : 'open',
    visibility: isDemo ? ('private' as const) : ('public' as const),
    publicRepositoriesAllowed: false,
    createOnPush: false,
    state: 'Running',
  };
  if (repository !== 'apps') return { ...nowhere, registry };
  const repositoryId = '0193a0c2d4e97c1f8b2d4f6e8a01c3b5';
  return { ...nowhere, registry, repository: { repositoryId, visibility: 'private', locked: false, state: 'Active' } };
}
