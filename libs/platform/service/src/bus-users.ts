import { DEAD_LETTERS_PREFIX, DEAD_LETTERS_STREAM, EVENTS_STREAM } from '@entrepot/platform-messaging';

/** A user of NATS and the subjects it may use; everything else is refused by the server. */
export interface BusUser {
  readonly name: string;
  readonly publish: { readonly allow: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] };
  /** May publish to the reply subject of a request that it received. */
  readonly allowResponses?: boolean;
}

/** A question goes to whichever replica NATS chooses, or to one by its name. */
const orByName = (questions: readonly string[]): string[] => questions.flatMap((subject) => [subject, `${subject}.*`]);

/** What a service asks to know who calls: the client side of IAM (libs/access). */
const ACCESS_QUESTIONS = orByName([
  'iam-authz.credentials.verify.v1',
  'iam-authz.principal.policies.v1',
  'iam-authz.epochs.v1',
  'iam-authz.token-keys.v1',
]);
const EPOCH_BEAT = 'iam-authz.epoch-beat.v1';

const STREAMS = ['INFO', 'CREATE', 'UPDATE'].flatMap((verb) => [
  `$JS.API.STREAM.${verb}.${EVENTS_STREAM}`,
  `$JS.API.STREAM.${verb}.${DEAD_LETTERS_STREAM}`,
]);
/** For a service that publishes facts. Accounts and registries stand in the subject, so it is all of `events`. */
const RELAY = ['$JS.API.INFO', ...STREAMS, 'events.>'];

/** For a service that hears facts by a durable consumer of its name. */
function consumer(name: string): string[] {
  return ['$JS.API.INFO', ...STREAMS, ...durable(name), `${DEAD_LETTERS_PREFIX}.>`];
}

function durable(name: string): string[] {
  const api = ['CREATE', 'DURABLE.CREATE', 'INFO', 'MSG.NEXT'].map(
    (verb) => `$JS.API.CONSUMER.${verb}.${EVENTS_STREAM}.${name}`,
  );
  return [...api, `$JS.API.CONSUMER.CREATE.${EVENTS_STREAM}.${name}.>`, `$JS.ACK.${EVENTS_STREAM}.${name}.>`];
}

function service(name: string, publish: readonly string[], answers: boolean): BusUser {
  const own = answers ? [`${name}.>`] : [];
  return {
    name,
    publish: { allow: publish },
    subscribe: { allow: [`_INBOX.${name}.>`, EPOCH_BEAT, ...own] },
    ...(answers ? { allowResponses: true } : {}),
  };
}

/** Where the gateway passes control-plane requests on to; the catalog's is among its questions. */
const CONTROL_PLANES = orByName(
  ['iam-authz', 'scanner-orchestrator', 'metrics', 'console'].map((name) => `${name}.http.v1`),
);

/** The services of the suite. What one may ask is written here; that it may ask no more is tested on a real server. */
export const SERVICE_USERS: readonly BusUser[] = [
  service('registry-gateway', ['catalog.>', ...CONTROL_PLANES, ...ACCESS_QUESTIONS], false),
  // It asks itself for registries' keys, to read their bytes back: whichever replica answers.
  service('catalog', [...orByName(['catalog.registry-keys.find.v1']), ...ACCESS_QUESTIONS, ...RELAY], true),
  service(
    'iam-authz',
    [...orByName(['catalog.lookup.v1', 'catalog.account.registries.v1']), EPOCH_BEAT, ...ACCESS_QUESTIONS, ...RELAY],
    true,
  ),
  service('scanner-orchestrator', [...ACCESS_QUESTIONS, ...consumer('scanner-orchestrator')], true),
  service('metrics', [...orByName(['catalog.scrub.status.v1']), ...ACCESS_QUESTIONS, ...consumer('metrics')], true),
  service('retention', ACCESS_QUESTIONS, true),
  service('console', ACCESS_QUESTIONS, true),
];

/** `standalone` uses NATS for facts alone; its services meet in the process. */
export const STANDALONE_USER: BusUser = {
  name: 'standalone',
  publish: {
    allow: ['$JS.API.INFO', ...STREAMS, 'events.>', ...consumer('scanner-orchestrator'), ...consumer('metrics')],
  },
  subscribe: { allow: ['_INBOX.standalone.>'] },
};

/**
 * Somebody outside who hears the facts of one account: live on `events.<account>.>`, or from the stream by the durable consumer
 * `account-<account>`, whose filter the server checks because it stands in the subject of the request that makes it.
 */
export function accountSubscriber(accountId: string): BusUser {
  const name = `account-${accountId}`;
  const api = ['INFO', 'MSG.NEXT', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${EVENTS_STREAM}.${name}`);
  return {
    name,
    publish: {
      allow: [
        ...api,
        `$JS.API.CONSUMER.CREATE.${EVENTS_STREAM}.${name}.events.${accountId}.>`,
        `$JS.ACK.${EVENTS_STREAM}.${name}.>`,
      ],
    },
    subscribe: { allow: [`_INBOX.${name}.>`, `events.${accountId}.>`] },
  };
}
