// A proxy on loopback that cuts the connection in the middle of the first answer for a blob, as a bad network does. It
// shows whether a client goes on by a ranged request, and whether the registry answers it.
import { createServer, request } from 'node:http';

/**
 * Starts the proxy before `url`.
 * @returns {Promise<{ host: string, ranges: string[], cuts: () => number, stop: () => Promise<void> }>} `ranges`: the
 *   Range headers of blob requests after the cut
 */
export async function startCuttingProxy(url) {
  const target = new URL(url);
  const seen = { cuts: 0, ranges: [] };
  const server = createServer((incoming, outgoing) => {
    const { method, url: path } = incoming;
    const isBlob = method === 'GET' && path.includes('/blobs/sha256:');
    if (isBlob && incoming.headers.range) seen.ranges.push(incoming.headers.range);
    const headers = { ...incoming.headers, host: target.host };
    const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      if (isBlob && answer.statusCode === 200 && seen.cuts === 0) cut(answer, outgoing, seen);
      else answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { host: `127.0.0.1:${server.address().port}`, ranges: seen.ranges, cuts: () => seen.cuts, stop };
}

/** Passes on the first half of a body, then breaks both connections. */
function cut(answer, outgoing, seen) {
  let left = Math.floor(Number(answer.headers['content-length']) / 2);
  seen.cuts += 1;
  answer.on('data', (chunk) => {
    const part = chunk.subarray(0, left);
    left -= part.length;
    if (left > 0) outgoing.write(part);
    else if (part.length > 0) outgoing.write(part, () => outgoing.destroy());
    if (left === 0) answer.destroy();
  });
}
