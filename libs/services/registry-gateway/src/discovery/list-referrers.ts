import { listReferrers as listReferrersQuestion } from '@entrepot/contracts';
import { Digest, isMediaType, linkNext, OCI_IMAGE_INDEX, parsePageSize } from '@entrepot/oci';
import { authorizeIfThere } from '../access/authorize.js';
import { addressOf, questionAbout } from '../plane/address.js';
import type { Answer } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import { json } from '../plane/json.js';
import type { Ports } from '../plane/ports.js';

/** A descriptor with annotations may take kilobytes; clients read at most 4 MiB of an index. */
const REFERRER_PAGE = { default: 500, max: 1000 };

/**
 * end-12, `GET /v2/<name>/referrers/<digest>[?artifactType=]`: never 404, an empty index when nothing refers.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
 */
export async function listReferrers(ports: Ports, call: Call, name: string, digestText: string): Promise<Answer> {
  const digest = Digest.parse(digestText).toString();
  const address = addressOf(name, call.addressing);
  const limit = Math.max(1, parsePageSize(call.query.get('n') ?? undefined, REFERRER_PAGE));
  const artifactType = call.query.get('artifactType') || null;
  const facts = authorizeIfThere(call, 'pull', name, await ports.lookups.ask(questionAbout(address, 'name')));
  call.record.digest = digest;
  const filtered = artifactType === null ? {} : { 'oci-filters-applied': 'artifactType' };
  // What no manifest can have as its artifact type has no referrers, and is not asked about.
  if (!facts?.image || (artifactType !== null && !isMediaType(artifactType))) return index([], filtered);
  const { registryId } = facts.registry;
  const after = Digest.tryParse(call.query.get('last') ?? '')?.toString() ?? null;
  const page = await ports.messages.ask(listReferrersQuestion, {
    registryId,
    imageId: facts.image.imageId,
    digest,
    artifactType,
    after,
    limit,
  });
  const last = page.descriptors.at(-1)?.['digest'];
  const next = { artifactType: artifactType ?? undefined, n: limit, last: String(last) };
  const link = page.more ? { link: linkNext(`/v2/${name}/referrers/${digest}`, next) } : {};
  return index(page.descriptors, { ...filtered, ...link });
}

function index(manifests: Record<string, unknown>[], headers: Answer['headers']): Answer {
  const body = { schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests };
  return json(200, body, { ...headers, 'content-type': OCI_IMAGE_INDEX });
}
