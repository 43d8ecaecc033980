import { listTags as listTagsQuestion } from '@entrepot/contracts';
import { linkNext, oci, parsePageSize } from '@entrepot/oci';
import { authorize } from '../access/authorize.js';
import { addressOf, questionAbout } from '../plane/address.js';
import type { Answer } from '../plane/answer.js';
import type { Call } from '../plane/call.js';
import { json } from '../plane/json.js';
import type { Ports } from '../plane/ports.js';
import { cursorText } from './cursor.js';

/** Without `n` an image's tags come in pages too, linked: an answer of a million tags helps nobody. */
export const TAG_PAGE = { default: 10_000, max: 10_000 };

/** end-8, `GET /v2/<name>/tags/list[?n=&last=]`, in byte order. `n=0` is an empty list without a link. */
export async function listTags(ports: Ports, call: Call, name: string): Promise<Answer> {
  const limit = parsePageSize(call.query.get('n') ?? undefined, TAG_PAGE);
  const address = addressOf(name, call.addressing);
  const { registry, image } = authorize(call, 'pull', name, await ports.lookups.ask(questionAbout(address, 'name')));
  if (image === null)
    throw oci.nameUnknown(`there is no image "${address.image}" in repository "${address.repository}"`);
  if (limit === 0) return json(200, { name, tags: [] });
  // A cursor longer than any tag sorts where its first 128 characters do.
  const after = cursorText(call.query, 128);
  const page = await ports.messages.ask(listTagsQuestion, {
    registryId: registry.registryId,
    imageId: image.imageId,
    limit,
    after,
  });
  const last = page.tags.at(-1);
  const link = page.more && last !== undefined ? { link: linkNext(`/v2/${name}/tags/list`, { n: limit, last }) } : {};
  return json(200, { name, tags: page.tags }, link);
}
