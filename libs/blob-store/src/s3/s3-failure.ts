import { decodeXml, textOf } from './xml.js';

/** Codes of our own for what S3 has no code for, because no answer came. */
export type OwnCode = 'Unreachable' | 'Silent' | 'WrongAnswer';

/** One request failed. Stays inside the driver: `asStoreError` makes an error of the port of it. Holds nothing that was signed. */
export class S3Failure extends Error {
  override readonly name = 'S3Failure';

  constructor(
    /** From S3's table of error codes, or one of ours. */
    readonly code: OwnCode | (string & {}),
    message: string,
    /** Of the HTTP answer; 0 when none came. */
    readonly status = 0,
    options?: ErrorOptions & {
      readonly bucket?: string | undefined;
      readonly requestId?: string | undefined;
      /** What the store's clock said. */
      readonly serverDate?: string | undefined;
    },
  ) {
    super(message, options);
    this.bucket = options?.bucket;
    this.requestId = options?.requestId;
    this.serverDate = options?.serverDate;
  }

  readonly bucket: string | undefined;
  readonly requestId: string | undefined;
  readonly serverDate: string | undefined;
}

/** Most of an error's text that we keep. */
const MAX_MESSAGE = 500;

/** What an answer other than 2xx means. Answers to HEAD have no body: their status must do. */
export function failureOf(status: number, headers: NodeJS.Dict<string | string[]>, body: string): S3Failure {
  const code = decodeXml(textOf(body, 'Code') ?? '') || (STATUS_CODES[status] ?? `Status${status}`);
  const message = decodeXml(textOf(body, 'Message') ?? '') || `HTTP status ${status}`;
  return new S3Failure(code.slice(0, 100), message.slice(0, MAX_MESSAGE), status, {
    requestId: one(headers['x-amz-request-id']),
    serverDate: one(headers['date']),
  });
}

const STATUS_CODES: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  307: 'TemporaryRedirect',
  400: 'BadRequest',
  403: 'AccessDenied',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
  429: 'SlowDown',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'SlowDown',
  507: 'StorageFull',
};

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

export function isFailure(error: unknown, ...codes: string[]): error is S3Failure {
  return error instanceof S3Failure && (codes.length === 0 || codes.includes(error.code));
}
