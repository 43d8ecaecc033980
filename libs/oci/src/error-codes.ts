const SPEC = 'https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md';
const ERROR_CODES = `${SPEC}#error-codes`;

/** One row of the error table: the usual HTTP status, the message when the thrower gives none, and where the rule stands. */
export interface OciErrorRow {
  readonly status: number;
  readonly message: string;
  readonly spec: string;
}

/**
 * Every error a `/v2` answer can carry. The first fourteen are all that the specification lists; `UNAVAILABLE` (try again) and `UNKNOWN` (our
 * bug) are those that distribution answers with where none of them is true.
 */
export const ociErrors = {
  BLOB_UNKNOWN: { status: 404, message: 'blob unknown to registry', spec: ERROR_CODES },
  BLOB_UPLOAD_INVALID: { status: 400, message: 'blob upload invalid', spec: ERROR_CODES },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: 'blob upload unknown to registry', spec: ERROR_CODES },
  DIGEST_INVALID: { status: 400, message: 'provided digest did not match uploaded content', spec: ERROR_CODES },
  MANIFEST_BLOB_UNKNOWN: {
    status: 404,
    message: 'manifest references a manifest or blob unknown to registry',
    spec: `${SPEC}#push`,
  },
  MANIFEST_INVALID: { status: 400, message: 'manifest invalid', spec: ERROR_CODES },
  MANIFEST_UNKNOWN: { status: 404, message: 'manifest unknown to registry', spec: ERROR_CODES },
  NAME_INVALID: { status: 400, message: 'invalid repository name', spec: `${SPEC}#pulling-manifests` },
  NAME_UNKNOWN: { status: 404, message: 'repository name not known to registry', spec: ERROR_CODES },
  SIZE_INVALID: { status: 400, message: 'provided length did not match content length', spec: ERROR_CODES },
  UNAUTHORIZED: { status: 401, message: 'authentication required', spec: ERROR_CODES },
  DENIED: { status: 403, message: 'requested access to the resource is denied', spec: ERROR_CODES },
  UNSUPPORTED: { status: 405, message: 'the operation is unsupported', spec: ERROR_CODES },
  TOOMANYREQUESTS: { status: 429, message: 'too many requests', spec: ERROR_CODES },
  UNAVAILABLE: { status: 503, message: 'the registry cannot answer now', spec: `${SPEC}#error-codes` },
  UNKNOWN: { status: 500, message: 'unknown error', spec: `${SPEC}#error-codes` },
} as const satisfies Record<string, OciErrorRow>;

/** The identifiers of {@link ociErrors}. */
export type OciErrorCode = keyof typeof ociErrors;

/** Whether `value` is one of the identifiers of {@link ociErrors}. */
export function isOciErrorCode(value: unknown): value is OciErrorCode {
  return typeof value === 'string' && Object.hasOwn(ociErrors, value);
}
