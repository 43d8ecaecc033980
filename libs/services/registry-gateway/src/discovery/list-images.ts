import { type ImageListing, listImages as listImagesQuestion } from '@entrepot/contracts';
import { linkNext, parsePageSize } from '@entrepot/oci';
import { decideAccess } from '@entrepot/policy';
import { contextOf } from '../access/authorize.js';
import { challenge } from '../access/challenge.js';
import type { Answer } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import { json } from '../plane/json.js';
import type { Ports } from '../plane/ports.js';
import { cursorText } from './cursor.js';

const CATALOG_PAGE = { default: 100, max: 1000 };
/** Images looked at by one question. */
const LOOKED_AT = 1000;
/** Questions that one request may cost. Beyond a hundred thousand images that its caller may not see, the list ends. */
const MAX_QUESTIONS = 100;

/** `GET /v2/_catalog[?n=&last=]`: the images that the caller may pull, in byte order, and no others; a link only when there is one more. */
export async function listImages(ports: Ports, call: Call): Promise<Answer> {
  requireScope(call);
  const limit = parsePageSize(call.query.get('n') ?? undefined, CATALOG_PAGE);
  if (limit === 0) return json(200, { repositories: [] });
  // One more than asked, so that the link neither names nor betrays what the caller may not see.
  const names = await visibleNames(ports, call, limit + 1);
  const page = names.slice(0, limit);
  const last = page.at(-1);
  const link = names.length > limit && last !== undefined ? { link: linkNext('/v2/_catalog', { n: limit, last }) } : {};
  return json(200, { repositories: page }, link);
}

async function visibleNames(ports: Ports, call: Call, wanted: number): Promise<string[]> {
  const hostStyle = call.addressing.style === 'host';
  const registryId = call.addressing.style === 'host' ? call.addressing.registryId : null;
  // By path everybody lists its own account; who has none, the one that bare names mean.
  const accountId = call.principal.kind === 'key' ? call.principal.accountId : null;
  const names: string[] = [];
  let after = cursorOf(call);
  for (let asked = 0; asked < MAX_QUESTIONS && names.length < wanted; asked++) {
    const { images, more } = await ports.messages.ask(listImagesQuestion, {
      registryId,
      accountId,
      after,
      limit: LOOKED_AT,
    });
    for (const image of images) if (mayPull(call, image)) names.push(hostStyle ? hostName(image) : pathName(image));
    const last = images.at(-1);
    if (!more || last === undefined) break;
    after = pathName(last);
  }
  return names.slice(0, wanted);
}

function requireScope(call: Call): void {
  const { principal } = call;
  if (principal.tokenAccess === null && principal.kind === 'key') return;
  if (principal.tokenAccess?.actionsFor('registry', 'catalog').has('*')) return;
  const error = principal.tokenAccess ? 'insufficient_scope' : undefined;
  throw challenge(call, 'listing the images needs a token for them', 'registry:catalog:*', error);
}

/** The registry's own name stands before the cursor of a host-style request in the catalog's order; any that sorts first will do. */
function cursorOf(call: Call): string | null {
  const last = cursorText(call.query, 400);
  if (!last) return null;
  return call.addressing.style === 'host' ? `${call.addressing.name}/${last}` : last;
}

function mayPull(call: Call, image: ImageListing): boolean {
  const decision = decideAccess({
    verb: 'pull',
    principal: call.principal,
    registry: {
      accountId: image.accountId,
      registryId: image.registryId,
      visibility: image.registryVisibility,
      publicRepositoriesAllowed: image.publicRepositoriesAllowed,
    },
    repository: { repositoryId: image.repositoryId, visibility: image.repositoryVisibility },
    tokenScope: 'basic',
    context: contextOf(call),
  });
  return decision.kind === 'allow';
}

function hostName(image: ImageListing): string {
  return `${image.repositoryName}/${image.imageName}`;
}

function pathName(image: ImageListing): string {
  return `${image.pathSegment}/${hostName(image)}`;
}
