import { BlobCorrupt, BlobMissing, BlobStoreUnavailable, DiskFull } from '@entrepot/blob-store';
import { oci, OciError } from '@entrepot/oci';
import { familyOf, type Logger, logErrorByFamily } from '@entrepot/platform-observability';
import { diskIsFull } from '../uploads/write-gate.js';
import type { Answer } from './answer.js';

/** What a client hears of anything thrown: its own fault by the OCI table, "try again" for the environment, and nothing about a bug. */
export function ociErrorOf(error: unknown): OciError {
  if (error instanceof OciError) return error;
  if (error instanceof DiskFull) return diskIsFull();
  if (error instanceof BlobMissing)
    return new OciError('UNKNOWN', 'the bytes of this blob are missing in the store: tell the operator', {
      cause: error,
    });
  if (error instanceof BlobCorrupt)
    return new OciError('UNKNOWN', 'the stored bytes of this blob are damaged: tell the operator, or push it again', {
      cause: error,
    });
  if (error instanceof BlobStoreUnavailable || familyOf(error) === 'environment') {
    return oci.unavailable(
      'a part of the registry does not answer right now, nothing was changed: try again in a moment',
    );
  }
  return oci.internal(error);
}

/** The answer to an error, which is logged by its family. The body names the request, so that its log lines can be found. */
export function errorAnswer(logger: Logger, error: unknown, requestId: string): Answer {
  const refusal = ociErrorOf(error);
  if (!(error instanceof OciError) || refusal.status >= 500) {
    logFailure(logger, error instanceof OciError ? (error.cause ?? error) : error, requestId);
  }
  const [first, ...rest] = refusal.toBody().errors;
  const message = refusal.status >= 500 ? `${first?.message} (request ${requestId})` : first?.message;
  const body = JSON.stringify({ errors: [{ ...first, message }, ...rest] });
  return {
    status: refusal.status,
    headers: { 'content-type': 'application/json', 'x-request-id': requestId, ...refusal.headers },
    body,
  };
}

/** What object storage answered to us (403, 404) has statuses as well, as a cause: they make nothing our caller's fault. */
function logFailure(logger: Logger, error: unknown, requestId: string): void {
  const message = 'the request failed';
  const fields = { requestId, family: 'environment', err: error };
  if (error instanceof BlobMissing || error instanceof BlobCorrupt) logger.error(fields, message);
  else if (error instanceof BlobStoreUnavailable || isNoRoom(error)) logger.warn(fields, message);
  else logErrorByFamily(logger, error, message, { requestId });
}

function isNoRoom(error: unknown): boolean {
  return error instanceof OciError && error.status === 507;
}
