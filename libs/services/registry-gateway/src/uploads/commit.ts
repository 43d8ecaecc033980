import { createHash } from 'node:crypto';
import { commitUpload, type UploadClaim } from '@entrepot/contracts';
import { Digest, type DigestAlgorithm, oci } from '@entrepot/oci';
import type { Target } from '../access/target.js';
import type { Ports } from '../plane/ports.js';
import type { Received } from './receive.js';

/** Verifies the whole blob against the client's digest, seals it in the store, and makes it the image's in one transaction. */
export async function commit(
  ports: Ports,
  target: Target,
  claim: UploadClaim,
  received: Received,
  digest: Digest,
): Promise<void> {
  const found = await digestOf(ports, claim, received, digest.algorithm);
  if (found !== digest.hex) {
    throw oci.digestInvalid(
      `the ${received.offset} bytes that arrived have the digest ${digest.algorithm}:${found}, not ${digest}`,
    );
  }
  const location = await ports.blobs.commit(claim.key, received.state);
  await ports.messages.ask(commitUpload, {
    ...target.scope,
    uploadId: claim.uploadId,
    revision: claim.revision,
    digest: digest.toString(),
    size: received.offset,
    location,
  });
  // Not before: until the row is ours another attempt may win, or have won. The blob is there whatever becomes of this.
  await ports.blobs.tidy(location).catch((err: unknown) => {
    ports.logger.warn({ err, key: claim.key }, 'what other attempts left beside a blob could not be removed');
  });
  ports.digests.drop(claim.uploadId);
}

/** From the running digest, or the row's, or, last, by reading the bytes back once. */
async function digestOf(
  ports: Ports,
  claim: UploadClaim,
  received: Received,
  algorithm: DigestAlgorithm,
): Promise<string> {
  if (algorithm === claim.algorithm) {
    if (received.digest) return received.digest.copy().digest('hex');
    if (received.offset === claim.offset && claim.digestSoFar) return Digest.parse(claim.digestSoFar).hex;
  }
  const digest = createHash(algorithm);
  for await (const chunk of await ports.blobs.readState(claim.key, received.state)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}
