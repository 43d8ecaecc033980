import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BoundedCache, type KeyPrincipal } from '@entrepot/access';
import type { SealedBlobStore } from '@entrepot/blob-store';
import type { LookupAnswer } from '@entrepot/contracts';
import { BUILT_IN_POLICIES, compilePolicies } from '@entrepot/policy';
import { answerExpectations } from '@entrepot/platform-http';
import Fastify, { type FastifyInstance } from 'fastify';
import type { GatewayConfig } from '../gateway.config.js';
import { dataPlane } from '../plane/plugin.js';
import { DamageReporter } from '../blobs/damage-reporter.js';
import type { Ports } from '../plane/ports.js';
import { RunningDigests } from '../uploads/running-digests.js';

/** What the plane asked the other services, by the question's name. */
export interface Asked {
  readonly subject: string;
  readonly request: Record<string, unknown>;
}

export interface PlaneUnderTest {
  readonly fastify: FastifyInstance;
  readonly asked: Asked[];
  readonly records: { outcome: string; status: number }[];
  /** As the HTTP application marks a server that drains. */
  draining: boolean;
}

/** Answers by the question's name; what is not named here is answered with an empty object. */
export type Replies = Record<string, (request: Record<string, unknown>) => unknown>;

const FACTS: LookupAnswer = {
  registry: {
    registryId: 'r1',
    accountId: 'a1',
    name: 'demo',
    visibility: 'private',
    publicRepositoriesAllowed: false,
    createOnPush: false,
    state: 'Active',
  },
  repository: { repositoryId: 'p1', visibility: 'private', locked: false, state: 'Active' },
  image: { imageId: 'i1', locked: false, state: 'Active' },
  manifest: null,
  blob: null,
};

/** The data plane on ports that answer from memory; everyone is an administrator. It listens nowhere. */
export async function planeUnderTest(
  replies: Replies = {},
  facts: Partial<LookupAnswer> = {},
  blobs: Partial<SealedBlobStore> = {},
  config: Partial<GatewayConfig> = {},
): Promise<PlaneUnderTest> {
  const asked: Asked[] = [];
  const records: PlaneUnderTest['records'] = [];
  const nothing = () => undefined;
  const logger = { warn: nothing, error: nothing, info: nothing, debug: nothing, trace: nothing, fatal: nothing };
  const messages = {
    ask: async ({ subject }: { subject: string }, request: Record<string, unknown>) => {
      asked.push({ subject, request });
      return replies[subject]?.(request) ?? {};
    },
  };
  const ports = {
    config: { maxBlobBytes: 1024 * 1024, directDownloads: [], ...config },
    hosts: { ownHosts: new Set(), loopback: true, domains: [] },
    logger,
    accessLog: { record: (record: { outcome: string; status: number }) => records.push(record) },
    messages,
    damage: new DamageReporter(messages as never, logger),
    access: { authenticate: () => administrator() },
    blobs: { ...memoryStore(), ...blobs },
    lookups: { ask: async () => ({ ...FACTS, ...facts }) },
    manifests: new BoundedCache(1024 * 1024),
    activity: { pulled: nothing, refused: nothing },
    digests: new RunningDigests(),
    writes: { check: async () => undefined, checkMode: nothing },
    now: () => new Date(),
  } as unknown as Ports;
  const fastify = Fastify();
  answerExpectations(fastify, 1024 * 1024);
  const plane: PlaneUnderTest = { fastify, asked, records, draining: false };
  fastify.addHook('onRequest', async (_request, reply) => {
    if (plane.draining) reply.header('connection', 'close');
  });
  await fastify.register(dataPlane(ports));
  return plane;
}

function administrator(): KeyPrincipal {
  const policies = compilePolicies([...BUILT_IN_POLICIES]);
  const who = { kind: 'key', id: 'k1', principalId: 'k1', name: 'root', accountId: 'a1', tokenAccess: null } as const;
  return { ...who, policies };
}

function memoryStore(): Partial<SealedBlobStore> {
  return {
    begin: async () => ({ text: '' }),
    append: async (_key, { text }, bytes, { digest }) => {
      const added = await buffer(bytes as Readable);
      await digest?.update(added);
      return { state: { text: `${text as string}${added.toString()}` }, written: added.length };
    },
    commit: async (_key, state) => state,
    openPump: async () => (take) => take(Buffer.from('bytes')),
    readState: async (_key, { text }) => Readable.from([Buffer.from(text as string)]),
  };
}
