import { connect } from 'node:net';

/**
 * Sends bytes that no HTTP library would, such as a NUL in the path or a header split in two, and resolves to all that comes back until the
 * server closes or is silent for `quietMs`.
 */
export function sendBytes(
  port: number,
  bytes: Buffer | string,
  { quietMs = 500, host = '127.0.0.1' } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, host, () => socket.write(bytes));
    const done = () => {
      socket.destroy();
      resolve(received);
    };
    socket.setEncoding('latin1').setTimeout(quietMs, done);
    socket.on('data', (text) => (received += String(text)));
    socket.on('close', done);
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? done() : reject(error),
    );
  });
}

/** Begins a request, sends a part of its announced body, and cuts the connection once `sent` bytes of it have left. */
export function vanishAfter(
  port: number,
  head: string,
  part: Buffer,
  { lingerMs = 50, host = '127.0.0.1' } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.write(head);
      // The bytes must have arrived before the line goes dead.
      socket.write(part, () => setTimeout(() => socket.resetAndDestroy(), lingerMs));
    });
    socket.on('close', () => resolve());
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve() : reject(error)));
  });
}
