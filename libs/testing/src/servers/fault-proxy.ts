import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one request. */
export type Fault =
  /** Answers by itself; the server never hears of the request. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: Buffer | string;
    }
  /** Takes the request and never answers. */
  | { readonly kind: 'silence' }
  /** Passes the request on and cuts the connection when the server's answer is there. */
  | { readonly kind: 'lose-answer' }
  /** Passes the request on and keeps the server's answer back for so long. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Cuts the connection after so many bytes of the answer's body. */
  | { readonly kind: 'cut-answer'; readonly after: number }
  /** Ends the answer's body after so many bytes, with headers that agree. */
  | { readonly kind: 'shorten-answer'; readonly to: number }
  /** Stops sending after so many bytes of the answer's body, and keeps the connection. */
  | { readonly kind: 'stall-answer'; readonly after: number }
  /** Replaces headers of the answer. */
  | { readonly kind: 'change-answer'; readonly headers: Record<string, string> }
  /** Flips a bit of the request's body. */
  | { readonly kind: 'corrupt-request' }
  /** Replaces headers of the request. */
  | { readonly kind: 'change-request'; readonly headers: Record<string, string> };

export interface PassedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
}

interface Rule {
  readonly matches: (request: PassedRequest) => boolean;
  readonly fault: Fault;
  left: number;
}

/** An HTTP proxy for specs, between the code under test and a real server, that does to chosen requests what networks and servers do. */
export class FaultProxy {
  readonly requests: PassedRequest[] = [];
  #underWay = 0;
  readonly #rules: Rule[] = [];
  readonly #server: Server;

  private constructor(private readonly target: URL) {
    this.#server = createServer((incoming, outgoing) => this.#serve(incoming, outgoing));
  }

  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(target));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Does `fault` to the next `times` requests that match. */
  inject(fault: Fault, matches: (request: PassedRequest) => boolean, times = 1): void {
    this.#rules.push({ fault, matches, left: times });
  }

  /** Requests whose answer has neither ended nor been cut. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Forgets faults that did not happen yet, and the requests. */
  clear(): void {
    this.#rules.length = 0;
    this.requests.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const passed = { method: incoming.method ?? '', url: incoming.url ?? '' };
    this.requests.push(passed);
    this.#underWay++;
    outgoing.once('close', () => this.#underWay--);
    const rule = this.#rules.find(({ left, matches }) => left > 0 && matches(passed));
    if (rule) rule.left--;
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    if (rule?.fault.kind === 'silence') return void incoming.resume();
    if (rule?.fault.kind === 'answer') return answerAlone(incoming, outgoing, rule.fault);
    this.#pass(incoming, outgoing, rule?.fault);
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): void {
    const { hostname, port } = this.target;
    const headers = { ...incoming.headers, ...(fault?.kind === 'change-request' ? fault.headers : {}) };
    // The Host header stays the proxy's: clients have signed it.
    const onward = request({ hostname, port, method: incoming.method, path: incoming.url, headers, agent: false });
    onward.on('error', () => outgoing.destroy());
    onward.on('response', (answer) => {
      if (fault?.kind !== 'delay') return passAnswer(answer, outgoing, fault);
      const timer = setTimeout(() => passAnswer(answer, outgoing, fault), fault.ms);
      outgoing.once('close', () => clearTimeout(timer));
    });
    outgoing.on('close', () => onward.destroy());
    let corrupt = fault?.kind === 'corrupt-request';
    incoming.on('data', (chunk: Buffer) => {
      if (corrupt && chunk.length > 0) chunk[0] = (chunk[0] as number) ^ 1;
      corrupt = false;
      if (onward.write(chunk)) return;
      incoming.pause();
      onward.once('drain', () => incoming.resume());
    });
    incoming.on('end', () => onward.end());
  }
}

function answerAlone(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: Extract<Fault, { kind: 'answer' }>,
): void {
  const body = Buffer.from(fault.body ?? '');
  incoming.resume().on('end', () => {
    outgoing.writeHead(fault.status, { 'content-length': String(body.length), ...fault.headers });
    outgoing.end(incoming.method === 'HEAD' ? undefined : body);
  });
}

function passAnswer(answer: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): void {
  answer.on('error', () => outgoing.destroy());
  if (fault?.kind === 'lose-answer') return void answer.resume().on('end', () => outgoing.destroy());
  const limit = fault?.kind === 'shorten-answer' ? fault.to : Number.POSITIVE_INFINITY;
  const stop = fault?.kind === 'cut-answer' || fault?.kind === 'stall-answer' ? fault.after : Number.POSITIVE_INFINITY;
  const changed = fault?.kind === 'change-answer' ? fault.headers : {};
  const length = Math.min(Number(answer.headers['content-length'] ?? Number.NaN), limit);
  const lengths = Number.isNaN(length) ? {} : { 'content-length': String(length) };
  outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...lengths, ...changed });
  outgoing.flushHeaders();
  let sent = 0;
  answer.on('data', (chunk: Buffer) => {
    const piece = chunk.subarray(0, Math.max(0, Math.min(limit, stop) - sent));
    sent += piece.length;
    if (piece.length > 0 && !outgoing.write(piece)) {
      answer.pause();
      outgoing.once('drain', () => answer.resume());
    }
    if (sent < stop) return;
    if (fault?.kind === 'cut-answer') setImmediate(() => outgoing.destroy());
    answer.removeAllListeners('end');
  });
  answer.on('end', () => outgoing.end());
}
