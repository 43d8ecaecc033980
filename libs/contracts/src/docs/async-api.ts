import { type Announcement, declaredContracts, type Fact, type Question } from '../core/contract.js';
import { allSchemas, type JsonSchema, type MessageClass } from '../core/schema.js';

/** The stream that holds the facts, and how long NATS drops duplicates by id by itself; consumers must go on doing so. */
const FACT_STREAM = 'ENTREPOT_EVENTS';

/**
 * AsyncAPI 3.0 of everything on the bus, made from the declarations alone: the same input gives the same bytes, so a difference in the
 * committed file is a change of contract.
 */
export function asyncApiDocument(release: string): JsonSchema {
  const { questions, announcements, facts } = declaredContracts();
  const channels = Object.fromEntries([
    ...questions.map((question) => [question.subject, questionChannel(question)]),
    ...announcements.map((announcement) => [announcement.subject, announcementChannel(announcement)]),
    ...facts.map((fact) => [factName(fact), factChannel(fact)]),
  ] as [string, JsonSchema][]);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Entrepot on NATS',
      version: release,
      description: 'Questions, announcements and facts between the services of Entrepot.',
    },
    channels: sorted(channels),
    components: { schemas: sorted(relocated(allSchemas())) },
  };
}

function factName(fact: Fact<never>): string {
  return `${fact.type}.v${fact.major}`;
}

function questionChannel(question: Question<never, never>): JsonSchema {
  return {
    address: question.subject,
    description: `${question.summary}${question.batched ? ' Travels in batches.' : ''}`,
    messages: { request: messageOf(question.request), reply: messageOf(question.reply) },
    'x-kind': 'question',
  };
}

function announcementChannel(announcement: Announcement<never>): JsonSchema {
  return {
    address: announcement.subject,
    description: announcement.summary,
    messages: { announcement: messageOf(announcement.data) },
    'x-kind': 'announcement',
  };
}

function factChannel(fact: Fact<never>): JsonSchema {
  return {
    address: `events.{accountId}.{registryId}.${fact.type}.v${fact.major}`,
    description: fact.summary,
    parameters: {
      accountId: { description: 'Account of the registry.' },
      registryId: { description: 'Registry, or _ where none is concerned.' },
    },
    messages: {
      [fact.type]: {
        ...messageOf(fact.data),
        contentType: 'application/cloudevents+json',
        examples: [{ payload: fact.example }],
      },
    },
    'x-kind': 'fact',
    'x-owner': fact.owner,
    'x-stream': FACT_STREAM,
  };
}

function messageOf(type: MessageClass<never>): JsonSchema {
  return { payload: { $ref: `#/components/schemas/${type.name}` } };
}

/** The schemas refer to each other below `#/definitions/`; AsyncAPI keeps them elsewhere. */
function relocated(schemas: Record<string, JsonSchema>): Record<string, JsonSchema> {
  return JSON.parse(JSON.stringify(schemas).replaceAll('#/definitions/', '#/components/schemas/')) as Record<
    string,
    JsonSchema
  >;
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
