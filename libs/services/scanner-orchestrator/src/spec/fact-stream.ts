import { setTimeout as sleep } from 'node:timers/promises';
import { BusLink, EVENTS_STREAM, type FactEvent, toCloudEvent } from '@entrepot/platform-messaging';
import { silentLogger } from '@entrepot/platform-persistence';

/** Puts facts on the real stream as they are, the same id twice if told so: JetStream's own look for duplicates ends after two minutes. */
export class FactStream {
  private constructor(private readonly link: BusLink) {}

  static async open(servers: string): Promise<FactStream> {
    return new FactStream(await BusLink.open({ servers, service: 'spec-facts', logger: silentLogger }));
  }

  async publish(...events: FactEvent<unknown>[]): Promise<void> {
    for (const event of events) {
      const subject = `events.${event.accountId}.${event.registryId ?? '_'}.${event.type}`;
      this.link.connection.publish(subject, JSON.stringify(toCloudEvent(event)));
    }
    await this.link.connection.flush();
  }

  /** Resolves when the stream and the consumer are there. */
  async consumerReady(consumer: string): Promise<void> {
    for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
      if (!('error' in (await this.#ask(`INFO.${EVENTS_STREAM}.${consumer}`)))) return;
    }
    throw new Error(`there is no consumer ${consumer}`);
  }

  /** So that the next one hears the stream from its beginning. */
  async deleteConsumer(consumer: string): Promise<void> {
    await this.#ask(`DELETE.${EVENTS_STREAM}.${consumer}`);
  }

  async close(): Promise<void> {
    await this.link.close();
  }

  async #ask(what: string): Promise<object> {
    return (await this.link.connection.request(`$JS.API.CONSUMER.${what}`, '', { timeout: 5_000 })).json<object>();
  }
}
