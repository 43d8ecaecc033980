// Reads one large answer as fast as it comes: into the same buffer over and over, so that reading costs next to nothing.
import { connect } from 'node:net';

const BUFFER = 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** Resolves to the seconds from the request to the last of exactly `size` bytes of the body. */
export function download({ base, path, authorization, size }) {
  const { port, host } = new URL(base);
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let expected = null;
    let received = 0;
    const socket = connect({
      port: Number(port),
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.allocUnsafe(BUFFER),
        callback: (length, buffer) => {
          try {
            // The headers arrive in one piece: they are sent in one write, and are far smaller than the buffer.
            expected ??= headerLength(buffer.subarray(0, length), size, path) + size;
          } catch (error) {
            socket.destroy(error);
            return false;
          }
          received += length;
          if (received >= expected) {
            resolve((performance.now() - start) / 1_000);
            socket.destroy();
          }
          return true;
        },
      },
    });
    const headers = [`Host: ${host}`, ...(authorization ? [`Authorization: ${authorization}`] : [])];
    socket.write(`GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`GET ${path}: no byte for ${TIMEOUT_MS / 1_000} s`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`GET ${path} ended after ${received} of ${expected} bytes`)));
  });
}

function headerLength(bytes, size, path) {
  const end = bytes.indexOf('\r\n\r\n');
  const headers = bytes.latin1Slice(0, Math.max(end, 0));
  const length = /\r\ncontent-length: *(\d+)/i.exec(headers)?.[1];
  if (headers.slice(9, 12) === '200' && Number(length) === size) return end + 4;
  throw new Error(`GET ${path} answered "${headers.split('\r\n')[0]}" with ${length} bytes instead of ${size}`);
}
