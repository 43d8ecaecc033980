// One connection that reads answers as fast as they come: into the same buffer over and over, so that reading costs next to nothing.
import { connect } from 'node:net';

const BUFFER = 1024 * 1024;
const TIMEOUT_MS = 60_000;
/** Nobody's headers are longer. */
const MAX_HEADERS = 64 * 1024;
const END_OF_HEADERS = Buffer.from('\r\n\r\n');

/** GETs one after the other. After an error it is of no use any more. */
export class KeptConnection {
  #socket;
  #host;
  /** The answer under way: { path, size, headers (while they are incomplete), left (of the body), resolve, reject }. */
  #answer = null;

  /** `buffer`: bytes read at once at most. */
  constructor(base, { buffer = BUFFER } = {}) {
    const { port, host } = new URL(base);
    this.#host = host;
    this.#socket = connect({
      port: Number(port),
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(buffer),
        callback: (length, bytes) => this.#read(bytes.subarray(0, length)),
      },
    });
    this.#socket.setTimeout(TIMEOUT_MS, () => this.#socket.destroy(new Error(`no byte for ${TIMEOUT_MS / 1_000} s`)));
    this.#socket.once('error', (error) => this.#fail(error));
    this.#socket.once('close', () => this.#fail(new Error('the connection was closed')));
  }

  /** Resolves when exactly `size` bytes of a 200's body have come. */
  get({ path, authorization, accept, size }) {
    return new Promise((resolve, reject) => {
      this.#answer = { path, size, headers: Buffer.alloc(0), left: null, resolve, reject };
      const headers = [
        `Host: ${this.#host}`,
        ...(authorization ? [`Authorization: ${authorization}`] : []),
        ...(accept ? [`Accept: ${accept}`] : []),
      ];
      this.#socket.write(`GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #read(bytes) {
    try {
      this.#take(bytes);
    } catch (error) {
      this.#socket.destroy(error);
      return false;
    }
    return true;
  }

  #take(bytes) {
    const answer = this.#answer;
    if (!answer) throw new Error('bytes that nobody asked for');
    answer.left = answer.left === null ? bodyLeft(answer, bytes) : answer.left - bytes.length;
    if (answer.left === null || answer.left > 0) return;
    if (answer.left < 0) throw new Error(`${-answer.left} bytes too many`);
    this.#answer = null;
    answer.resolve();
  }

  #fail(error) {
    const answer = this.#answer;
    this.#answer = null;
    answer?.reject(
      new Error(`GET ${answer.path}, with ${answer.left} of ${answer.size} bytes to come: ${error.message}`),
    );
  }
}

/** How much of the body is still to come, or null while the headers are incomplete. */
function bodyLeft(answer, bytes) {
  answer.headers = Buffer.concat([answer.headers, bytes]);
  const end = answer.headers.indexOf(END_OF_HEADERS);
  if (end === -1 && answer.headers.length > MAX_HEADERS) throw new Error(`headers of more than ${MAX_HEADERS} bytes`);
  if (end === -1) return null;
  const headers = answer.headers.latin1Slice(0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1];
  if (headers.slice(9, 12) !== '200' || Number(length) !== answer.size) {
    throw new Error(`"${headers.split('\r\n')[0]}" with ${length} bytes instead of ${answer.size}`);
  }
  const left = answer.size - (answer.headers.length - end - END_OF_HEADERS.length);
  answer.headers = null;
  return left;
}
