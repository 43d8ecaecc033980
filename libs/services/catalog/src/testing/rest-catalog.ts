import type { DynamicModule } from '@nestjs/common';
import type { BlobStore } from '@entrepot/blob-store';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AccessClient, AccessHttpModule, hostConfig, type KeyPrincipal } from '@entrepot/access';
import { oci } from '@entrepot/oci';
import { createHttpApp } from '@entrepot/platform-http';
import { type PlatformLogger, silentLogger } from '@entrepot/platform-persistence';
import { compilePolicies } from '@entrepot/policy';
import { CatalogPorts } from '../catalog-ports.js';
import type { EncryptionOptions } from '../encryption/registry-encryption.js';
import { CONTROL_PLANE, controlPlaneProviders } from '../control-plane.js';
import { DeletionWorker } from '../repository/deletion.worker.js';
import { ACCOUNT, ScratchCatalog } from './scratch-catalog.js';

export const PRIVATE_DOMAIN = 'scr.private.test';

/** One statement of a principal's policy. */
export interface Grant {
  effect?: 'Allow' | 'Deny';
  actions: readonly string[];
  resources?: readonly string[];
}

export interface RestAnswer {
  status: number;
  headers: Record<string, unknown>;
  body: Record<string, unknown>;
}

/** A body, and who sends it: the administrator unless told. Null: nobody logged in. */
export interface RestOptions {
  as?: string | null;
  body?: unknown;
}

/** The catalog's management API on a catalog of its own, with principals that exist here only. */
export class RestCatalog {
  readonly #principals = new Map<string, KeyPrincipal>();

  private constructor(
    readonly catalog: ScratchCatalog,
    private readonly limits: { maxRegistries: number; maxRepositories: number; readOnly: boolean },
    private readonly encryption: EncryptionOptions | undefined,
    private readonly blobStore: BlobStore,
    private readonly logger: PlatformLogger,
  ) {}

  app!: NestFastifyApplication;

  static async start({
    maxRegistries = 5,
    maxRepositories = 1_000,
    readOnly = false,
    encryption,
    blobStore = {} as BlobStore,
    logger = silentLogger,
  }: {
    maxRegistries?: number;
    maxRepositories?: number;
    readOnly?: boolean;
    encryption?: EncryptionOptions;
    /** One that has no places for registries unless told. */
    blobStore?: BlobStore;
    logger?: PlatformLogger;
  } = {}): Promise<RestCatalog> {
    const rest = new RestCatalog(
      await ScratchCatalog.open(),
      { maxRegistries, maxRepositories, readOnly },
      encryption,
      blobStore,
      logger,
    );
    rest.someone('admin', [{ actions: ['*'] }]);
    rest.someone('powerless', []);
    rest.app = await createHttpApp(rest.#module());
    return rest;
  }

  async close(): Promise<void> {
    await this.app.get(DeletionWorker).stop();
    await this.app.close();
    await this.catalog.close();
  }

  /** Somebody whose policies are exactly these. */
  someone(name: string, grants: readonly Grant[], accountId = ACCOUNT): string {
    const Statement = grants.map(({ effect = 'Allow', actions, resources = ['*'] }, n) => ({
      Sid: `s${n}`,
      Effect: effect,
      Action: [...actions],
      Resource: [...resources],
    }));
    const document = { Version: '2024-07-01' as const, Statement };
    const policies = compilePolicies(grants.length === 0 ? [] : [{ id: 'p', name: 'p', document }]);
    const key = { kind: 'key' as const, id: name, principalId: name, name, accountId, policies, tokenAccess: null };
    this.#principals.set(name, key);
    return name;
  }

  async send(method: string, path: string, { as = 'admin', body }: RestOptions = {}): Promise<RestAnswer> {
    const credentials = as === null ? {} : { authorization: `Basic ${Buffer.from(`${as}:x`).toString('base64')}` };
    const answer = await this.app.inject({
      method: method as 'GET',
      url: `/api/v1/registries${path}`,
      headers: { host: 'localhost', ...credentials },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const { statusCode: status, headers, payload } = answer;
    return { status, headers, body: payload === '' ? {} : (JSON.parse(payload) as Record<string, unknown>) };
  }

  /** Waits for what deletions left to do. */
  async settle(): Promise<void> {
    const worker = this.app.get(DeletionWorker);
    worker.wake();
    await worker.idle();
  }

  #module(): DynamicModule {
    class RestCatalogModule {}
    const hosts = hostConfig({ publicUrls: [], privateDomain: PRIVATE_DOMAIN, publicDomain: null });
    return {
      module: RestCatalogModule,
      imports: [AccessHttpModule.forRoot({ access: this.#access() as AccessClient, hosts })],
      controllers: CONTROL_PLANE,
      providers: [
        { provide: CatalogPorts, useValue: this.catalog.ports },
        ...controlPlaneProviders({
          config: this.limits,
          logger: this.logger,
          blobStore: this.blobStore,
          ...(this.encryption ? { encryption: this.encryption } : {}),
        }),
      ],
    };
  }

  #access(): Pick<AccessClient, 'authenticate'> {
    return {
      authenticate: (authorization) => {
        const [name = ''] = Buffer.from((authorization ?? '').slice('Basic '.length), 'base64')
          .toString()
          .split(':');
        const principal = this.#principals.get(name);
        if (!principal) throw oci.unauthorized('wrong');
        return principal;
      },
    };
  }
}
