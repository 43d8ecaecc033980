import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { RefusedPlace } from '../activity/activity-reporter.js';
import type { HostAddress, Principal } from '@entrepot/access';

/** One request of the data plane, read once. */
export interface Call {
  readonly method: string;
  /** Without the query, as the client wrote it. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The body, unread: handlers stream it. */
  readonly body: IncomingMessage;
  /** To be called before the body is read, when nothing can refuse the request any more: a client may wait for it (`Expect: 100-continue`). */
  readonly sendForBody: () => void;
  /** The host that was asked, port included; also the audience of its tokens. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
  readonly addressing: HostAddress;
  /** The client's address, trusted proxies considered. */
  readonly sourceIp: string;
  readonly now: Date;
  readonly principal: Principal;
  /** What the access log tells of this request; handlers fill it in. */
  readonly record: CallRecord;
}

export interface CallRecord {
  verb: string;
  name: string | null;
  digest: string | null;
  /** Which rule refused; for the log and the events only. */
  rule: string | null;
  /** Where it was refused, once known. */
  place: RefusedPlace['place'];
}

/** Bytes the client said that the body has; null when it did not say (chunked). */
export function announcedLength(headers: IncomingHttpHeaders): number | null {
  const text = headers['content-length'];
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}
