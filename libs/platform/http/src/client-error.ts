import type { Socket } from 'node:net';

interface ClientError extends Error {
  readonly code?: string;
}

/** What Node's parser refuses before there is a request; everything else is not HTTP. */
const REFUSALS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are larger than 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the headers did not come in time'],
};
const NOT_HTTP = [
  '400 Bad Request',
  'the bytes on this connection are not a valid HTTP request; was a body longer than announced?',
] as const;

/**
 * Answers bytes that are no request, and ends the connection. Nobody knows which plane was meant; the body is in the OCI form, which clients of
 * the data plane print and others can read.
 */
export function answerClientError(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, message] = REFUSALS[error.code ?? ''] ?? NOT_HTTP;
  const body = JSON.stringify({ errors: [{ code: 'UNSUPPORTED', message }] });
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  socket.end(head + body);
}
