import { HttpException } from '@nestjs/common';
import { OciError, type OciErrorCode } from '@entrepot/oci';
import { CallerError, familyOf } from '@entrepot/platform-observability';
import { ProblemException, titleOf, type ProblemBody } from './problem.exception.js';

/** An error as it will be answered: the status, headers of its own, and the body of its plane. */
export interface ErrorResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  contentType: string;
  body: string;
}

/** Whether a URL belongs to the data plane, whose errors have the OCI form. */
export function isDataPlane(url: string): boolean {
  return /^\/v2(?:[/?]|$)/.test(url);
}

/** The answer to anything thrown while a request was served. What is inside an unexpected error stays inside. */
export function errorResponse(error: unknown, url: string, requestId: string): ErrorResponse {
  const problem = problemOf(error);
  const headers = headersOf(error, problem.status);
  if (isDataPlane(url)) {
    const body = JSON.stringify(ociErrorOf(error, problem).toBody());
    return { status: problem.status, headers, contentType: 'application/json', body };
  }
  const body = JSON.stringify({ ...problem, requestId });
  return { status: problem.status, headers, contentType: 'application/problem+json', body };
}

function problemOf(error: unknown): ProblemBody {
  if (error instanceof ProblemException) return error.body;
  if (error instanceof OciError) return plain(error.status, error.message, { code: error.code, ...detailOf(error) });
  if (error instanceof HttpException) return fromHttpException(error);
  if (error instanceof CallerError) return plain(400, error.message, { code: error.code });
  const status = callerStatusOf(error);
  if (status !== null) return plain(status, (error as Error).message);
  if (familyOf(error) === 'environment')
    return plain(503, 'Something that this service needs does not answer now. Try again.');
  return plain(500, 'This is our fault, not yours. The request id finds it in the log.');
}

function plain(status: number, detail: string, members: Record<string, unknown> = {}): ProblemBody {
  return { type: 'about:blank', title: titleOf(status), status, detail, ...members };
}

function detailOf(error: OciError): Record<string, unknown> {
  return error.detail === undefined ? {} : { errors: [{ detail: error.detail }] };
}

function fromHttpException(error: HttpException): ProblemBody {
  const response = error.getResponse();
  const message = typeof response === 'string' ? response : (response as { message?: unknown }).message;
  if (Array.isArray(message)) {
    return plain(error.getStatus(), error.message, { errors: message.map((detail) => ({ detail: String(detail) })) });
  }
  return plain(error.getStatus(), typeof message === 'string' ? message : error.message);
}

// Fastify's own refusals (malformed URL, body too large, unknown content type) are errors with a status below 500.
function callerStatusOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : null;
}

function headersOf(error: unknown, status: number): Readonly<Record<string, string>> {
  if (error instanceof ProblemException) return error.headers;
  if (error instanceof OciError) return error.headers ?? {};
  return status === 503 ? { 'retry-after': '1' } : {};
}

const OCI_CODES: Readonly<Record<number, OciErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NAME_UNKNOWN',
  413: 'SIZE_INVALID',
  429: 'TOOMANYREQUESTS',
  503: 'UNAVAILABLE',
};

function ociErrorOf(error: unknown, problem: ProblemBody): OciError {
  if (error instanceof OciError) return error;
  const code = OCI_CODES[problem.status] ?? (problem.status >= 500 ? 'UNKNOWN' : 'UNSUPPORTED');
  return new OciError(code, problem.detail ?? problem.title, { status: problem.status });
}
