import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/** A free loopback port: the one that the file remembers, if it is still free, else any; the file remembers it from then on. */
export async function rememberedPort(file: string): Promise<number> {
  const remembered = read(file);
  const port = remembered !== null && (await isFree(remembered)) ? remembered : await freePort();
  writeFileSync(file, `${port}\n`);
  return port;
}

function read(file: string): number | null {
  try {
    const port = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(port) && port > 1023 && port < 65_536 ? port : null;
  } catch {
    return null;
  }
}

const isFree = (port: number) => listenOnce(port).then(Boolean, () => false);

/** A loopback TCP port that nothing listened on a moment ago. */
export const freePort = () => listenOnce(0);

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

/** The first line that a server on the port says by itself, or null when it can't be reached or says nothing within `waitMs`. */
export function firstLine(port: number, waitMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port, timeout: waitMs });
    const end = (line: string | null) => {
      socket.destroy();
      resolve(line);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      // A greeting is some hundred bytes; whatever sends this much is not the server meant.
      if (text.includes('\n') || text.length > 65_536) end(text.split('\n')[0] ?? null);
    });
    socket.once('timeout', () => end(null));
    socket.once('error', () => end(null));
    socket.once('close', () => end(null));
  });
}
