import type { Digest } from './digest.js';
import { OciError } from './errors.js';
import { quoted } from './quote.js';

/** Bytes a manifest may have. The specification asks for at least 4 MB; 4 MiB is what distribution, containerd and docker read. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Digests named in one refusal. An index may miss 10,000 children; nobody reads more than a screen of them. */
const MAX_DIGESTS_IN_DETAIL = 100;

/** Makes each {@link OciError} in one way, so that the same fault reads the same wherever it is found. */
export const oci = {
  blobUnknown: (digest: Digest): OciError =>
    new OciError('BLOB_UNKNOWN', `blob ${digest} is not in this image`, { detail: { digest: digest.toString() } }),

  /**
   * The same 404 as for a blob that is absent, because that is what makes clients send it: `HEAD` and `GET` agree (RFC 9110 §9.3.2), nobody
   * tries again in vain, and a push, which asks first, uploads. `detail.damaged` tells the two apart.
   */
  blobDamaged: (digest: Digest): OciError =>
    new OciError(
      'BLOB_UNKNOWN',
      `the stored bytes of blob ${digest} are damaged and are not handed out: push it again, to any image of this registry, and it is repaired`,
      { detail: { digest: digest.toString(), damaged: true } },
    ),

  blobUploadInvalid: (message: string): OciError => new OciError('BLOB_UPLOAD_INVALID', message),

  blobUploadUnknown: (id: string): OciError =>
    new OciError('BLOB_UPLOAD_UNKNOWN', `upload ${quoted(id)} is unknown: it ended, was cancelled or never began`),

  digestInvalid: (message: string): OciError => new OciError('DIGEST_INVALID', message),

  manifestBlobUnknown: (digests: readonly Digest[]): OciError => {
    const shown = digests.slice(0, MAX_DIGESTS_IN_DETAIL).map(String);
    const message = `push these first, the manifest needs them: ${shown.slice(0, 3).join(', ')}`;
    const more = digests.length > 3 ? ` and ${digests.length - 3} more` : '';
    return new OciError('MANIFEST_BLOB_UNKNOWN', message + more, { detail: { digests: shown } });
  },

  manifestInvalid: (message: string): OciError => new OciError('MANIFEST_INVALID', message),

  manifestUnknown: (reference: { toString(): string }): OciError =>
    new OciError('MANIFEST_UNKNOWN', `no manifest ${quoted(reference.toString(), 140)} in this image`, {
      detail: { reference: reference.toString().slice(0, 140) },
    }),

  nameInvalid: (message: string): OciError => new OciError('NAME_INVALID', message),

  nameUnknown: (message: string): OciError => new OciError('NAME_UNKNOWN', message),

  sizeInvalid: (message: string): OciError => new OciError('SIZE_INVALID', message),

  /** 401. `challenge` is the value of `WWW-Authenticate`; it must be built from validated values only. */
  unauthorized: (message: string, challenge?: string): OciError =>
    new OciError(
      'UNAUTHORIZED',
      message,
      challenge === undefined ? {} : { headers: { 'www-authenticate': challenge } },
    ),

  denied: (message: string): OciError => new OciError('DENIED', message),

  unsupported: (message: string, { status = 405 }: { status?: number } = {}): OciError =>
    new OciError('UNSUPPORTED', message, { status }),

  tooManyRequests: (message: string, retryAfterSeconds: number): OciError =>
    new OciError('TOOMANYREQUESTS', message, { headers: retryAfter(retryAfterSeconds) }),

  /** 416 to a chunk of an upload that is out of order. The code is the table's own for uploads. */
  rangeInvalid: (message: string): OciError => new OciError('BLOB_UPLOAD_INVALID', message, { status: 416 }),

  /**
   * 416 to a `Range` of which the blob has no byte (RFC 9110 §15.5.17). The table of codes has none for it, and each that names an upload would
   * lie: `UNSUPPORTED` is what stays for a request that is well-formed and can't be served. Others send no code here at all.
   */
  rangeNotSatisfiable: (size: number): OciError =>
    new OciError('UNSUPPORTED', `the blob has ${size} bytes, none of them in this range`, {
      status: 416,
      headers: { 'content-range': `bytes */${size}` },
    }),

  manifestTooLarge: (): OciError =>
    new OciError('MANIFEST_INVALID', `a manifest may have ${MAX_MANIFEST_BYTES} bytes, this one has more`, {
      status: 413,
    }),

  /** 503: something that we need doesn't answer; the same request may succeed after `retryAfterSeconds`. */
  unavailable: (message: string, retryAfterSeconds = 1): OciError =>
    new OciError('UNAVAILABLE', message, { headers: retryAfter(retryAfterSeconds) }),

  quotaExceeded: (message: string): OciError => new OciError('DENIED', message),

  /** 500 without a word about the inside; what went wrong travels as `cause` for the log. */
  internal: (cause?: unknown): OciError => new OciError('UNKNOWN', '', { cause }),
};

// Whole seconds, at least one: "0" would make a client come back at once (RFC 9110 §10.2.3).
function retryAfter(seconds: number): Record<string, string> {
  return { 'retry-after': String(Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : 1) };
}
