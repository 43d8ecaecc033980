import { oci } from './error-factories.js';
import { ImageName, parseImageName, parseRepositoryName, splitRegistrySegment } from './names.js';
import { quoted } from './quote.js';

/** Where an image is, as a request wrote it. */
export interface ImageAddress {
  /** As written in the path: `<name>` or `<name>-<32 hex id>`. Null in host style, where the host names the registry. */
  registry: string | null;
  repository: string;
  /** May hold slashes. */
  image: string;
}

/** `path`: `registry/repository/image` on the installation's own host. `host`: `repository/image` on a registry's host. */
export type AddressStyle = 'path' | 'host';

/**
 * Splits the `<name>` of a request. Throws `NAME_INVALID` (400) when it is against the grammar, and `NAME_UNKNOWN` (404) with a sentence
 * saying what to write when it is a good name with too few parts: `docker push host/busybox` is the first thing that people try.
 */
export function parseImageAddress(name: string, style: AddressStyle): ImageAddress {
  const { segments } = ImageName.parse(name);
  if (segments.length < (style === 'path' ? 3 : 2)) throw tooFewParts(segments, style);
  const [registry, ...rest] = style === 'path' ? segments : [null, ...segments];
  const [repository = '', ...image] = rest as string[];
  if (registry) splitRegistrySegment(registry);
  return {
    registry: registry ?? null,
    repository: parseRepositoryName(repository),
    image: parseImageName(image.join('/')),
  };
}

function tooFewParts(segments: string[], style: AddressStyle) {
  const name = segments.join('/');
  const parts = segments.length === 1 ? 'one part' : 'two parts';
  const [form, lead] =
    style === 'path' ? ['<registry>/<repository>/<image>', ['demo', 'apps']] : ['<repository>/<image>', ['apps']];
  const example = [...lead.slice(0, lead.length + 1 - segments.length), ...segments].join('/');
  return oci.nameUnknown(`${quoted(name)} is ${parts}: write ${form}, for example ${example}`);
}
