import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { BusLink } from '../bus/bus-link.js';
import { EVENTS_STREAM } from '../facts/event-streams.js';
import type { CloudEvent } from '../facts/fact-event.js';

/** All facts of one account that the stream holds, in its order, with their NATS headers. */
export async function streamOf(
  link: BusLink,
  accountId: string,
): Promise<{ event: CloudEvent; id: string; subject: string }[]> {
  const manager = await jetstreamManager(link.connection);
  const { name } = await manager.consumers.add(EVENTS_STREAM, {
    ack_policy: AckPolicy.None,
    filter_subject: `events.${accountId}.>`,
    inactive_threshold: 30_000_000_000,
  });
  const consumer = await jetstream(link.connection).consumers.get(EVENTS_STREAM, name);
  const found: { event: CloudEvent; id: string; subject: string }[] = [];
  for (let left = (await consumer.info()).num_pending; left > 0; left--) {
    const message = await consumer.next({ expires: 2_000 });
    if (!message) break;
    found.push({
      event: message.json<CloudEvent>(),
      id: message.headers?.get('Nats-Msg-Id') ?? '',
      subject: message.subject,
    });
  }
  await consumer.delete();
  return found;
}
