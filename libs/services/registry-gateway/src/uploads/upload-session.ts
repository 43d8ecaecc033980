import { cancelUpload as cancelUploadQuestion, uploadStatus as uploadStatusQuestion } from '@entrepot/contracts';
import { targetOf } from '../access/target.js';
import type { Answer } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';
import { uploadAnswer } from './upload-answers.js';
import { knownUploadId } from './upload-id.js';

/** end-13, `GET <location>`: how far the upload is. */
export async function uploadStatus(ports: Ports, call: Call, name: string, uploadId: string): Promise<Answer> {
  const { scope } = await targetOf(ports, call, 'push', name);
  const { offset } = await ports.messages.ask(uploadStatusQuestion, { ...scope, uploadId: knownUploadId(uploadId) });
  return uploadAnswer(204, name, uploadId, offset);
}

/** end-14, `DELETE <location>`: the session ends at once, its bytes soon after. */
export async function cancelUpload(ports: Ports, call: Call, name: string, uploadId: string): Promise<Answer> {
  const { scope } = await targetOf(ports, call, 'push', name);
  await ports.messages.ask(cancelUploadQuestion, { ...scope, uploadId: knownUploadId(uploadId) });
  ports.digests.drop(uploadId);
  return { status: 204, headers: {} };
}
