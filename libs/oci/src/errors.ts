import { isOciErrorCode, ociErrors, type OciErrorCode } from './error-codes.js';

/** What an {@link OciError} may carry beyond its code and message. Header names are lower-case. */
export interface OciErrorOptions {
  status?: number;
  detail?: unknown;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** The body of a refused `/v2` request, as the specification writes it. */
export interface OciErrorBody {
  errors: { code: OciErrorCode; message: string; detail?: unknown }[];
}

/** An {@link OciError} as it travels in a message between services. `cause` and the stack stay where they were raised. */
export interface OciErrorJson {
  name: 'OciError';
  code: OciErrorCode;
  status: number;
  message: string;
  detail?: unknown;
  headers?: Record<string, string>;
}

/**
 * The one error that the data plane throws; one place turns it into the response. Without `options.status` the status is that of the code's
 * row in the table, and an empty message becomes the row's. Source: distribution-spec, "Error Codes".
 */
export class OciError extends Error {
  override readonly name = 'OciError';
  readonly code: OciErrorCode;
  readonly status: number;
  readonly detail?: unknown;
  readonly headers?: Record<string, string>;

  constructor(code: OciErrorCode, message = '', options: OciErrorOptions = {}) {
    super(message || ociErrors[code].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? ociErrors[code].status;
    if (options.detail !== undefined) this.detail = options.detail;
    if (options.headers !== undefined) this.headers = options.headers;
  }

  /** The JSON body of the response. */
  toBody(): OciErrorBody {
    const { code, message, detail } = this;
    return { errors: [detail === undefined ? { code, message } : { code, message, detail }] };
  }

  /** The form for a message; {@link OciError.fromJSON} reads it back. */
  toJSON(): OciErrorJson {
    return {
      name: 'OciError',
      code: this.code,
      status: this.status,
      message: this.message,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.headers === undefined ? {} : { headers: this.headers }),
    };
  }

  /** Whether `value` is an {@link OciError} that travelled as JSON. */
  static isJSON(value: unknown): value is OciErrorJson {
    if (typeof value !== 'object' || value === null) return false;
    const { name, code, status, message, headers } = value as Record<string, unknown>;
    return (
      name === 'OciError' &&
      isOciErrorCode(code) &&
      typeof message === 'string' &&
      Number.isInteger(status) &&
      (status as number) >= 400 &&
      (status as number) <= 599 &&
      (headers === undefined || isHeaders(headers))
    );
  }

  /**
   * The error that {@link OciError.toJSON} wrote. Anything else becomes `UNKNOWN` (500) with the value as `cause`: a peer that answers
   * nonsense must not choose our status, and what it said must not reach the client.
   */
  static fromJSON(value: unknown): OciError {
    if (!OciError.isJSON(value)) return new OciError('UNKNOWN', '', { cause: value });
    const { code, message, status, detail, headers } = value;
    return new OciError(code, message, { status, detail, ...(headers === undefined ? {} : { headers }) });
  }
}

// A line break in a header value would let a peer add headers of its own, so such a message is not accepted as an error.
function isHeaders(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, text]) => /^[a-z0-9-]+$/.test(name) && typeof text === 'string' && !/[\r\n\0]/.test(text),
  );
}
