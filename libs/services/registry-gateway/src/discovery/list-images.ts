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
/** Questions that one request may cost: a caller who may see nothing of ten thousand images gets an empty page with a link to the rest. */
const MAX_QUESTIONS = 10;

/** `GET /v2/_catalog[?n=&last=]`: the images that the caller may pull, in byte order, and no others. */
export async function listImages(ports: Ports, call: Call): Promise<Answer> {
  requireScope(call);
  const limit = parsePageSize(call.query.get('n') ?? undefined, CATALOG_PAGE);
  if (limit === 0) return json(200, { repositories: [] });
  const registryId = call.addressing.style === 'host' ? call.addressing.registryId : null;
  const names: string[] = [];
  let after = cursorOf(call);
  let more = true;
  for (let asked = 0; more && names.length < limit && asked < MAX_QUESTIONS; asked++) {
    const page = await ports.messages.ask(listImagesQuestion, { registryId, after, limit: CATALOG_PAGE.max });
    for (const image of page.images) {
      if (names.length === limit) break;
      after = pathName(image);
      if (mayPull(call, image)) names.push(call.addressing.style === 'host' ? hostName(image) : pathName(image));
    }
    more = page.more || (page.images.length > 0 && after !== pathName(page.images.at(-1) as ImageListing));
  }
  const last = after === null || call.addressing.style === 'path' ? after : after.slice(after.indexOf('/') + 1);
  const link = more && last !== null ? { link: linkNext('/v2/_catalog', { n: limit, last }) } : {};
  return json(200, { repositories: names }, link);
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
  return `${image.registryName}/${hostName(image)}`;
}
