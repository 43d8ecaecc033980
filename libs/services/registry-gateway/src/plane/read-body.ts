import type { IncomingMessage } from 'node:http';

/** The whole body, of at most `limit` bytes. Throws `tooLarge()` at the first byte beyond, without reading on. */
export async function readBody(body: IncomingMessage, limit: number, tooLarge: () => Error): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop early destroys the request, and the client would never read why it was refused.
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) return void chunks.push(chunk);
      body.off('data', onData);
      body.pause();
      reject(tooLarge());
    };
    body.on('data', onData);
    body.once('end', () => resolve(Buffer.concat(chunks, size)));
    body.once('error', reject);
    body.once('close', () => reject(new ClientGone()));
  });
}

/** The client closed the connection before it had sent what it announced. Nobody reads the answer; nothing was changed. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}
