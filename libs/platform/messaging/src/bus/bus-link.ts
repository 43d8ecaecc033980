import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { messageOf } from '@entrepot/platform-observability';
import { BusUnavailable } from './bus-errors.js';
import type { BusOptions } from './bus-options.js';

/** A manifest may have 4 MiB, which base64 and its message's other parts must fit around. */
export const MIN_MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

/** The server is set up wrong; waiting doesn't help. */
export class BusMisconfigured extends Error {
  override readonly name = 'BusMisconfigured';
}

/** One connection to NATS that comes back by itself, for ever. */
export class BusLink {
  #connected = true;
  readonly #lostListeners = new Set<() => void>();
  #backWaiters: (() => void)[] = [];

  private constructor(
    readonly connection: NatsConnection,
    private readonly options: BusOptions,
  ) {
    void this.#watch();
  }

  /** Waits up to `connectWithinMs` for a server, then throws `BusUnavailable`; `BusMisconfigured` when the server's limits are too low. */
  static async open(options: BusOptions): Promise<BusLink> {
    const deadline = Date.now() + (options.connectWithinMs ?? 30_000);
    for (;;) {
      try {
        return new BusLink(await connectOnce(options), options);
      } catch (error) {
        if (error instanceof BusMisconfigured) throw error;
        if (Date.now() >= deadline) throw new BusUnavailable('disconnected', 'NATS is not available', { cause: error });
        options.logger.warn({ reason: messageOf(error) }, 'waiting for NATS');
        await sleep(Math.min(500, Math.max(1, deadline - Date.now())));
      }
    }
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Bytes that the server takes in one message. */
  get maxPayload(): number {
    return this.connection.info?.max_payload ?? MIN_MAX_PAYLOAD_BYTES;
  }

  /** `listener` runs each time the connection is lost. Returns the function that stops it. */
  onLost(listener: () => void): () => void {
    this.#lostListeners.add(listener);
    return () => this.#lostListeners.delete(listener);
  }

  /** Resolves to whether there is a connection, at the latest after `withinMs`. */
  async whenConnected(withinMs: number): Promise<boolean> {
    if (this.#connected || this.connection.isClosed()) return this.#connected;
    const back = new Promise<void>((resolve) => this.#backWaiters.push(resolve));
    const timer = new AbortController();
    await Promise.race([back, sleep(withinMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    return this.#connected;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  async #watch(): Promise<void> {
    const { logger, service } = this.options;
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') {
        logger.warn({ service }, 'the connection to NATS was lost');
        this.#connected = false;
        for (const listener of this.#lostListeners) listener();
      } else if (status.type === 'reconnect') {
        logger.info({ service }, 'the connection to NATS is back');
        this.#connected = true;
        for (const resolve of this.#backWaiters.splice(0)) resolve();
      } else if (status.type === 'error') {
        logger.error({ service, err: status.error }, 'NATS reported an error');
      }
    }
    this.#connected = false;
    for (const listener of this.#lostListeners) listener();
  }
}

async function connectOnce(options: BusOptions): Promise<NatsConnection> {
  const { servers, service, user, password, tls } = options;
  const connection = await connect({
    servers,
    name: service,
    inboxPrefix: `_INBOX.${service}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    // Rotated credentials must not end a service that would find the new server state a second later.
    ignoreAuthErrorAbort: true,
    // Else an error object is built for each publish and request, in case it should fail: 4 % of a busy relay's time.
    noAsyncTraces: true,
    pingInterval: 10_000,
    timeout: 5_000,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(tls === undefined ? {} : { tls }),
  });
  const maxPayload = connection.info?.max_payload ?? 0;
  if (maxPayload >= MIN_MAX_PAYLOAD_BYTES) return connection;
  await connection.close();
  throw new BusMisconfigured(
    `NATS takes messages of ${maxPayload} bytes, ${MIN_MAX_PAYLOAD_BYTES} are needed: set max_payload: 8MB in its configuration`,
  );
}
