import { BlobMissing } from '@entrepot/blob-store';
import { uploadStatus } from '@entrepot/contracts';
import type { Target } from '../access/target.js';
import type { Ports } from '../plane/ports.js';

/**
 * What to tell a request that failed. The bytes of all other attempts are removed after a session has ended: to one that was about to read its own back, the
 * session is gone, and nothing is lost.
 */
export async function sessionGone(ports: Ports, { scope }: Target, uploadId: string, error: unknown): Promise<unknown> {
  if (!(error instanceof BlobMissing)) return error;
  return ports.messages.ask(uploadStatus, { ...scope, uploadId }).then(
    () => error,
    (refusal: unknown) => refusal,
  );
}
