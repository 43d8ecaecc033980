import { createHash } from 'node:crypto';
import { commitUpload, type UploadClaim } from '@entrepot/contracts';
import { Digest, type DigestAlgorithm, oci } from '@entrepot/oci';
import type { Target } from '../access/target.js';
import type { Ports } from '../plane/ports.js';
import type { Received } from './receive.js';

/**
 * Verifies the whole blob against the client's digest, seals it in the store, and makes it the image's in one transaction. Discards the running
 * digest, however it ends. What other attempts left in the store is the catalog's to remove.
 */
export async function commit(
  ports: Ports,
  target: Target,
  claim: UploadClaim,
  received: Received,
  digest: Digest,
): Promise<void> {
  await verify(ports, claim, received, digest);
  const location = await ports.blobs.commit(claim.key, received.state);
  await ports.messages.ask(commitUpload, {
    ...target.scope,
    uploadId: claim.uploadId,
    revision: claim.revision,
    digest: digest.toString(),
    size: received.offset,
    location,
  });
  ports.digests.drop(claim.uploadId);
}

async function verify(ports: Ports, claim: UploadClaim, received: Received, digest: Digest): Promise<void> {
  const found = await digestOf(ports, claim, received, digest.algorithm).finally(() => received.digest?.discard());
  if (found === digest.hex) return;
  throw oci.digestInvalid(
    `the ${received.offset} bytes that arrived have the digest ${digest.algorithm}:${found}, not ${digest}`,
  );
}

/** From the running digest, or the row's, or, last, by reading the bytes back once. */
async function digestOf(
  ports: Ports,
  claim: UploadClaim,
  received: Received,
  algorithm: DigestAlgorithm,
): Promise<string> {
  if (algorithm === claim.algorithm) {
    const running = await received.digest?.hex();
    if (running) return running;
    if (received.offset === claim.offset && claim.digestSoFar) return Digest.parse(claim.digestSoFar).hex;
  }
  const digest = createHash(algorithm);
  for await (const chunk of await ports.blobs.readState(claim.key, received.state)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}
