import { manifestBody } from '@entrepot/contracts';
import { Digest, oci, Tag } from '@entrepot/oci';
import { authorize, type Granted } from '../access/authorize.js';
import { addressOf, questionAbout } from '../plane/address.js';
import type { Answer } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import { matchesEtag } from '../plane/conditions.js';
import type { Ports } from '../plane/ports.js';

/**
 * end-3, `GET`/`HEAD /v2/<name>/manifests/<reference>`: one question, one answer. The bytes come from the cache by digest, or, the first
 * time here, from the catalog. A `HEAD` never needs them.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
export async function getManifest(ports: Ports, call: Call, name: string, reference: string): Promise<Answer> {
  const address = addressOf(name, call.addressing);
  const what = referenceOf(reference);
  const facts = authorize(call, 'pull', name, await ports.lookups.ask(questionAbout(address, 'manifest', what ?? {})));
  if (facts.image === null)
    throw oci.nameUnknown(`there is no image "${address.image}" in repository "${address.repository}"`);
  if (what === null || facts.manifest === null) throw oci.manifestUnknown(reference);
  const { digest, mediaType, size } = facts.manifest;
  call.record.digest = digest;
  const headers = { 'content-type': mediaType, 'docker-content-digest': digest, etag: `"${digest}"` };
  if (matchesEtag(call.headers['if-none-match'], digest))
    return { status: 304, headers: { ...headers, 'content-length': size } };
  if (call.method === 'HEAD') return { status: 200, headers: { ...headers, 'content-length': size } };
  const body = ports.manifests.get(digest) ?? (await fetchBody(ports, facts, facts.image.imageId, digest));
  ports.activity.pulled(facts.registry.registryId, facts.image.imageId, digest, call.principal.principalId, call.now);
  return { status: 200, headers, body };
}

async function fetchBody(ports: Ports, { registry }: Granted, imageId: string, digest: string): Promise<Buffer> {
  const { body } = await ports.messages.ask(manifestBody, { registryId: registry.registryId, imageId, digest });
  const bytes = Buffer.from(body, 'base64');
  ports.manifests.set(digest, bytes, bytes.length);
  return bytes;
}

/** A malformed reference can't exist: a read answers 404 for it, after the caller's rights were checked. */
function referenceOf(text: string): { tag: string } | { digest: string } | null {
  if (!text.includes(':')) return Tag.tryParse(text) && { tag: text };
  const digest = Digest.tryParse(text);
  return digest && { digest: digest.toString() };
}
