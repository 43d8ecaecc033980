import { deleteBlob as deleteBlobQuestion } from '@entrepot/contracts';
import { Digest } from '@entrepot/oci';
import { targetOf } from '../access/target.js';
import type { Answer } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';

/** end-10, `DELETE /v2/<name>/blobs/<digest>`. A blob that a manifest of the image still needs stays: 405, naming them. */
export async function deleteBlob(ports: Ports, call: Call, name: string, digestText: string): Promise<Answer> {
  const digest = Digest.parse(digestText).toString();
  const { scope } = await targetOf(ports, call, 'delete', name);
  ports.writes.checkMode();
  call.record.digest = digest;
  await ports.messages.ask(deleteBlobQuestion, { ...scope, digest });
  return { status: 202, headers: {} };
}
