import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A plain load balancer for tests: each request goes to the next server, whoever sent it and whatever it is about. A server that refuses
 * the connection is passed over, as every load balancer does; what was begun is never sent twice. `Host` and all else go through as they are.
 */
export class RoundRobinProxy {
  /** Which server took each request, in the order of their arrival. */
  readonly taken: { readonly method: string; readonly path: string; readonly server: string }[] = [];
  #next = 0;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: false });

  private constructor(private readonly servers: readonly string[]) {
    this.#server = createServer((incoming, outgoing) => void this.#pass(incoming, outgoing, this.servers.length));
    this.#server.requestTimeout = 0;
  }

  /** Listens on a free port of loopback, before servers as in `http://127.0.0.1:5000`. */
  static async start(servers: readonly string[]): Promise<RoundRobinProxy> {
    const proxy = new RoundRobinProxy(servers);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    this.#agent.destroy();
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse, triesLeft: number): void {
    const server = this.servers[this.#next++ % this.servers.length] as string;
    const { method = 'GET', url: path = '/', rawHeaders } = incoming;
    const { hostname, port } = new URL(server);
    const onward = request({ hostname, port, method, path, headers: rawHeaders, agent: this.#agent });
    let connected = false;
    let answered = false;
    onward.on('socket', (socket) =>
      socket.once('connect', () => {
        connected = true;
        this.taken.push({ method, path, server });
        incoming.pipe(onward);
      }),
    );
    onward.on('response', (answer) => {
      answered = true;
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => {
      if (!connected && triesLeft > 1) this.#pass(incoming, outgoing, triesLeft - 1);
      // A server that refuses early closes while we still write; its answer is what counts.
      else if (!answered) outgoing.destroy();
    });
    outgoing.on('close', () => outgoing.writableEnded || onward.destroy());
  }
}
