// A small generator of HTTP/1.1 loads on plain sockets, in a process of its own: for HEAD, which wrk can't (it waits for the body), and for
// machines without wrk. Usage: node sockets.mjs '{"port":…,"file":…,"method":…,"accept":…,"connections":…,"seconds":…}'
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const { port, file, method, accept, connections, seconds } = JSON.parse(process.argv[2]);
const END_OF_HEADERS = Buffer.from('\r\n\r\n');
const END_OF_CHUNKS = Buffer.from('0\r\n\r\n');

const requests = readFileSync(file, 'utf8').split('\n').filter(Boolean).map(requestOf);
const latencies = [];
let errors = 0;
let running = true;

const start = performance.now();
setTimeout(() => (running = false), seconds * 1_000);
await Promise.all(Array.from({ length: connections }, runConnection));
const took = (performance.now() - start) / 1_000;
latencies.sort((a, b) => a - b);
const quantile = (part) => latencies[Math.floor(latencies.length * part)] ?? 0;
process.stdout.write(
  JSON.stringify({ requests: latencies.length, seconds: took, errors, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }),
);

function requestOf(line) {
  const [path, authorization] = line.split('\t');
  const headers = [`Host: 127.0.0.1:${port}`, `Accept: ${accept}`];
  if (authorization) headers.push(`Authorization: ${authorization}`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
}

/** One connection: a request, its answer, the next request, until the time is over. */
function runConnection() {
  return new Promise((resolve) => {
    let sent = 0;
    let answer = null;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const next = () => {
      if (!running) return socket.destroy();
      answer = { bytes: null };
      sent = performance.now();
      socket.write(requests[Math.floor(Math.random() * requests.length)]);
    };
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
    socket.once('connect', next);
    socket.once('error', () => (errors += 1));
    socket.once('close', () => {
      // Closed in the middle of an answer, or before its time.
      if (running) errors += 1;
      resolve();
    });
    socket.on('data', (chunk) => {
      answer.bytes = answer.bytes ? Buffer.concat([answer.bytes, chunk]) : chunk;
      const status = statusWhenComplete(answer.bytes);
      if (status === null) return;
      if (status !== 200) errors += 1;
      latencies.push(performance.now() - sent);
      next();
    });
  });
}

/** The status of the answer, or null while some of it has not arrived. */
function statusWhenComplete(bytes) {
  const end = bytes.indexOf(END_OF_HEADERS);
  if (end === -1) return null;
  const status = Number(bytes.latin1Slice(9, 12));
  if (method === 'HEAD') return status;
  const headers = bytes.latin1Slice(0, end).toLowerCase();
  const length = /\r\ncontent-length: *(\d+)/.exec(headers);
  if (length) return bytes.length >= end + 4 + Number(length[1]) ? status : null;
  return bytes.subarray(-5).equals(END_OF_CHUNKS) ? status : null;
}
