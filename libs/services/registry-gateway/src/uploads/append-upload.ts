import { advanceUpload, claimUpload, type UploadClaim } from '@entrepot/contracts';
import { Digest, oci } from '@entrepot/oci';
import { type Target, targetOf } from '../access/target.js';
import type { Answer } from '../plane/answer.js';
import { announcedLength, type Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { chunkOf } from './content-range.js';
import { type Received, receiveBody } from './receive.js';
import { sessionGone } from './session-gone.js';
import { uploadAnswer } from './upload-answers.js';
import { knownUploadId } from './upload-id.js';

/**
 * end-5, `PATCH <location>`: a chunk (`Content-Range`) or the whole stream (docker sends no `Content-Range`).
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-a-blob-in-chunks
 */
export async function appendUpload(ports: Ports, call: Call, name: string, uploadId: string): Promise<Answer> {
  const target = await targetOf(ports, call, 'push', name);
  await ports.writes.check();
  const claim = await claimFor(ports, call, target, uploadId);
  const received = await receiveBody(ports, call, claim).catch(async (error: unknown) => {
    throw await sessionGone(ports, target, uploadId, error);
  });
  try {
    await advance(ports, target, claim, received);
  } catch (error) {
    received.digest?.discard();
    throw error;
  }
  if (received.digest) ports.digests.keep(uploadId, received.offset, received.digest);
  return uploadAnswer(202, name, uploadId, received.offset);
}

async function advance(ports: Ports, target: Target, claim: UploadClaim, received: Received): Promise<void> {
  const hex = await received.digest?.hex();
  await ports.messages.ask(advanceUpload, {
    ...target.scope,
    uploadId: claim.uploadId,
    revision: claim.revision,
    offset: received.offset,
    state: received.state,
    digestSoFar: hex ? `${claim.algorithm}:${hex}` : null,
  });
}

/** Takes the session over at the offset that the client's `Content-Range` begins at; 416 at another. */
export async function claimFor(ports: Ports, call: Call, target: Target, uploadId: string): Promise<UploadClaim> {
  const chunk = chunkOf(call);
  const length = announcedLength(call.headers);
  if (chunk !== null && length !== null && length !== chunk.end - chunk.start + 1) {
    throw oci.sizeInvalid(`Content-Range says ${chunk.end - chunk.start + 1} bytes and Content-Length ${length}`);
  }
  return ports.messages.ask(claimUpload, {
    ...target.scope,
    uploadId: knownUploadId(uploadId),
    expectedOffset: chunk?.start ?? null,
  });
}

/** For the digest parameter that a PUT must have. */
export function digestParameter(query: URLSearchParams): Digest {
  const text = query.get('digest');
  if (text === null)
    throw oci.digestInvalid('the PUT that ends an upload needs ?digest=, the digest of the whole blob');
  return Digest.parse(text);
}
