import { openUpload as openUploadQuestion } from '@entrepot/contracts';
import { Digest, DIGEST_ALGORITHMS, type DigestAlgorithm, oci } from '@entrepot/oci';
import { type Target, targetOf } from '../access/target.js';
import type { Answer } from '../plane/answer.js';
import { announcedLength, type Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { mount } from './mount.js';
import { commit } from './commit.js';
import { receiveBody } from './receive.js';
import { blobCreated, uploadAnswer } from './upload-answers.js';

/**
 * `POST /v2/<name>/blobs/uploads/`: end-4a opens a session, end-4b (`?digest=`) pushes the whole blob, end-4c (`?digest-algorithm=`) says
 * what to compute from the first byte, end-11 (`?mount=`) takes a blob that the registry has.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
 */
export async function openUpload(ports: Ports, call: Call, name: string): Promise<Answer> {
  const mounted = call.query.get('mount');
  const digestText = call.query.get('digest');
  const digest = mounted === null && digestText !== null ? Digest.parse(digestText) : null;
  const algorithm = digest?.algorithm ?? algorithmOf(call.query.get('digest-algorithm'));
  const target = await targetOf(ports, call, 'push', name);
  await ports.writes.check();
  if (mounted !== null) {
    const source = Digest.parse(mounted);
    call.record.digest = source.toString();
    if (await mount(ports, call, target, name, source)) return blobCreated(name, source);
  }
  const claim = await ports.messages.ask(openUploadQuestion, { ...target.scope, algorithm });
  if (digest === null) return uploadAnswer(202, name, claim.uploadId, 0);
  return pushWhole(ports, call, target, name, digest, claim);
}

async function pushWhole(
  ports: Ports,
  call: Call,
  target: Target,
  name: string,
  digest: Digest,
  claim: Parameters<typeof receiveBody>[2],
): Promise<Answer> {
  call.record.digest = digest.toString();
  // Neither a length nor chunks: no body at all, from a client that means to go on with PUT. 202 is the documented answer.
  if (announcedLength(call.headers) === null && call.headers['transfer-encoding'] === undefined) {
    return uploadAnswer(202, name, claim.uploadId, 0);
  }
  const received = await receiveBody(ports, call, claim);
  await commit(ports, target, claim, received, digest);
  return blobCreated(name, digest);
}

function algorithmOf(text: string | null): DigestAlgorithm {
  if (text === null) return 'sha256';
  const algorithm = DIGEST_ALGORITHMS.find((known) => known === text);
  if (!algorithm)
    throw oci.digestInvalid(
      `this registry computes ${DIGEST_ALGORITHMS.join(' and ')}, not what digest-algorithm asks for`,
    );
  return algorithm;
}
