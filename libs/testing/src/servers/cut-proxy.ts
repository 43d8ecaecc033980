import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy for specs that plays outages: between the code under test and a real server it can refuse, cut, and cut at a chosen word.
 * It listens on loopback only, from `up` to `down`.
 */
export class CutProxy {
  #server: Server | undefined;
  #port = 0;
  #cutAt: string | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(private readonly target: { host: string; port: number }) {}

  /** Where it listens: 0 before the first `up`, the same ever after. */
  get port(): number {
    return this.#port;
  }

  /** Accepts; after `down` on the same port again. */
  async up(): Promise<void> {
    const server = createServer((client) => this.#join(client));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Cuts every connection and refuses new ones. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    this.cut();
    await closed;
  }

  /** Cuts every connection; new ones are welcome. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The next time a client sends `word`, it is passed on and that client's connection is cut before an answer comes. */
  cutAfter(word: string): void {
    this.#cutAt = word;
  }

  #join(client: Socket): void {
    const server = connect(this.target);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.end();
      });
    }
    client.on('data', (bytes: Buffer) => {
      server.write(bytes);
      if (this.#cutAt === undefined || !bytes.includes(this.#cutAt)) return;
      this.#cutAt = undefined;
      client.destroy();
    });
    server.on('data', (bytes: Buffer) => void (client.destroyed || client.write(bytes)));
  }
}
