import { type Granted } from '../access/authorize.js';
import { targetOf } from '../access/target.js';
import type { Answer } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { OciError } from '@entrepot/oci';
import { addressOf, questionAbout } from '../plane/address.js';
import { claimFor, digestParameter } from './append-upload.js';
import { commit } from './commit.js';
import { receiveBody } from './receive.js';
import { sessionGone } from './session-gone.js';
import { blobCreated } from './upload-answers.js';

/**
 * end-6, `PUT <location>?digest=`: the last chunk, or all of it, or nothing more; then the blob is there. A retry after a lost answer finds
 * the session gone and the blob linked: it gets its 201.
 */
export async function finishUpload(ports: Ports, call: Call, name: string, uploadId: string): Promise<Answer> {
  const digest = digestParameter(call.query);
  call.record.digest = digest.toString();
  const target = await targetOf(ports, call, 'push', name);
  await ports.writes.check();
  try {
    const claim = await claimFor(ports, call, target, uploadId);
    await commit(ports, target, claim, await receiveBody(ports, call, claim), digest);
  } catch (caught) {
    const error = await sessionGone(ports, target, uploadId, caught);
    const retried = error instanceof OciError && error.code === 'BLOB_UPLOAD_UNKNOWN';
    if (!retried || !(await isLinked(ports, call, target.granted, name, digest.toString()))) throw error;
  }
  return blobCreated(name, digest);
}

async function isLinked(
  ports: Ports,
  call: Call,
  { registry }: Granted,
  name: string,
  digest: string,
): Promise<boolean> {
  const facts = await ports.lookups.ask(questionAbout(addressOf(name, call.addressing), 'blob', { digest }));
  return facts.registry?.registryId === registry.registryId && facts.blob !== null && facts.blob.location !== null;
}
