import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';

/** The body of a refused control-plane request: RFC 9457, with our own members beside the standard ones. */
export interface ProblemBody {
  /** A URI that names the kind of problem; `about:blank` when the status says it all. */
  type: string;
  title: string;
  status: number;
  /** What went wrong this time, for the person who asked. */
  detail?: string;
  /** For the support: the same id stands in our log. */
  requestId?: string;
  [member: string]: unknown;
}

/** What a problem may carry. Members beyond these are sent as they are. */
export interface ProblemOptions {
  type?: string;
  /** Default: the words that belong to the status. */
  title?: string;
  detail?: string;
  /** Response headers, such as `www-authenticate`. Not sent in the body. */
  headers?: Readonly<Record<string, string>>;
  /** For our log only. */
  cause?: unknown;
  [member: string]: unknown;
}

/** The one error that the control plane throws to refuse a request; the filter turns it into `application/problem+json`. */
export class ProblemException extends HttpException {
  readonly body: ProblemBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, options: ProblemOptions = {}) {
    const { type = 'about:blank', title = titleOf(status), detail, headers = {}, cause, ...members } = options;
    const body = { type, title, status, ...(detail === undefined ? {} : { detail }), ...members };
    super(body, status, cause === undefined ? undefined : { cause });
    this.message = detail ?? title;
    this.body = body;
    this.headers = headers;
  }
}

/** The standard words of a status. */
export function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}

type Members = Omit<ProblemOptions, 'detail'>;

/** 400: the request itself is wrong. */
export const badRequest = (detail: string, members: Members = {}): ProblemException =>
  new ProblemException(400, { ...members, detail });

/** 401: who asks is not known. `members.headers` should carry `www-authenticate`. */
export const unauthorized = (detail: string, members: Members = {}): ProblemException =>
  new ProblemException(401, { ...members, detail });

/** 403: who asks is known and may not. */
export const forbidden = (detail: string, members: Members = {}): ProblemException =>
  new ProblemException(403, { ...members, detail });

/** 404: there is no such thing, or none that the caller may know of. */
export const notFound = (detail: string, members: Members = {}): ProblemException =>
  new ProblemException(404, { ...members, detail });

/** 409: the thing's state does not allow it. */
export const conflict = (detail: string, members: Members = {}): ProblemException =>
  new ProblemException(409, { ...members, detail });
