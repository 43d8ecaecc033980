export { Answers } from './bus/answers.decorator.js';
export {
  type BusFailure,
  BusUnavailable,
  MessageTooLarge,
  PeerFailure,
  PeerRefusal,
  PeerUnavailable,
} from './bus/bus-errors.js';
export { BusLink, BusMisconfigured, MIN_MAX_PAYLOAD_BYTES } from './bus/bus-link.js';
export type { BusOptions } from './bus/bus-options.js';
export { Hears } from './bus/hears.decorator.js';
export { InProcessBus } from './bus/in-process-bus.js';
export { InProcessMessageClient } from './bus/in-process-message.client.js';
export { InProcessServer } from './bus/in-process.server.js';
export { type AskOptions, DEFAULT_DEADLINE_MS, MessageClient } from './bus/message-client.js';
export { NatsMessageClient } from './bus/nats-message.client.js';
export { NatsServer, natsServer } from './bus/nats.server.js';
export { fromWireError, toWireError, type WireError, type WireErrorEnvelope } from './bus/wire-error.js';
export { DurableConsumer, type DurableConsumerOptions } from './facts/durable-consumer.js';
export {
  DEAD_LETTERS_PREFIX,
  DEAD_LETTERS_STREAM,
  EVENTS_STREAM,
  EVENTS_SUBJECTS,
  type StreamLimits,
} from './facts/event-streams.js';
export {
  CLOUD_EVENT_MEDIA_TYPE,
  type CloudEvent,
  type FactEvent,
  parseCloudEvent,
  toCloudEvent,
} from './facts/fact-event.js';
export { DURABLE_TRANSPORT, OnFact, type OnFactOptions } from './facts/on-fact.decorator.js';
export { OutboxRelay, type OutboxRelayOptions } from './facts/outbox-relay.js';
export { QuestionBatcher, type QuestionBatcherOptions } from './questions/question-batcher.js';
export { WriteBatcher } from './questions/write-batcher.js';
