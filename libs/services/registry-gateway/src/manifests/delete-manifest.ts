import { deleteManifest as deleteManifestQuestion, deleteTag } from '@entrepot/contracts';
import { parseReference } from '@entrepot/oci';
import { targetOf } from '../access/target.js';
import type { Answer } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import type { Ports } from '../plane/ports.js';

/**
 * end-9, `DELETE /v2/<name>/manifests/<reference>`: by tag only the tag ends, by digest the manifest with every tag on it.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#content-management
 */
export async function deleteManifest(ports: Ports, call: Call, name: string, reference: string): Promise<Answer> {
  const what = parseReference(reference);
  const { scope } = await targetOf(ports, call, 'delete', name);
  ports.writes.checkMode();
  if (what.kind === 'tag') await ports.messages.ask(deleteTag, { ...scope, tag: what.tag.value });
  else {
    call.record.digest = what.digest.toString();
    await ports.messages.ask(deleteManifestQuestion, { ...scope, digest: what.digest.toString() });
  }
  return { status: 202, headers: {} };
}
