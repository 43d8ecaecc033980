// One HTTP/1.1 request over kept connections. Node's own client: enough to push with, too heavy to measure pulls with (load/ does that).
import { Agent, request } from 'node:http';

/** What a connection may be silent for. */
const TIMEOUT_MS = 60_000;
/** No answer that is read whole here is larger than a full tag list. */
const MAX_BODY = 16 * 1024 * 1024;

/** A pool of at most `connections` connections. */
export const poolOf = (connections) => new Agent({ keepAlive: true, maxSockets: connections });

/** Answers { status, headers, body }. `body` sent is a Buffer or an iterable of Buffers, whose length is then in the headers. */
export function send({ agent, method, url, headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const length = Buffer.isBuffer(body) ? { 'content-length': body.length } : body ? {} : { 'content-length': 0 };
    const sent = request(
      url,
      { agent, method, headers: { ...length, ...headers }, timeout: TIMEOUT_MS },
      (response) => {
        const chunks = [];
        let size = 0;
        response.on('data', (chunk) => {
          size += chunk.length;
          if (size > MAX_BODY) response.destroy(new Error(`${method} ${url} answered more than ${MAX_BODY} bytes`));
          else chunks.push(chunk);
        });
        response.once('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
        );
        response.once('error', reject);
      },
    );
    sent.once('timeout', () => sent.destroy(new Error(`${method} ${url}: no answer for ${TIMEOUT_MS / 1_000} s`)));
    sent.once('error', reject);
    if (body && !Buffer.isBuffer(body)) writeAll(sent, body).catch((error) => sent.destroy(error));
    else sent.end(body);
  });
}

async function writeAll(sent, chunks) {
  for (const chunk of chunks) {
    if (sent.destroyed) return;
    if (!sent.write(chunk)) await drained(sent);
  }
  sent.end();
}

const drained = (sent) =>
  new Promise((resolve) => {
    const go = () => (sent.off('drain', go), sent.off('close', go), resolve());
    sent.once('drain', go);
    sent.once('close', go);
  });
