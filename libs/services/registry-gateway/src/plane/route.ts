import { oci } from '@entrepot/oci';

/** Where a `/v2` path leads. Names, references and digests are still the client's text: the handlers parse them. */
export type Route =
  | { readonly kind: 'ping' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly uploadId: string }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: string };

export type RouteKind = Route['kind'];

/** A name of 255 characters, the longest word between, and a sha512 digest with its percent-encoded colon. */
const MAX_PATH = 1024;

/**
 * The whole routing decision of distribution-spec's endpoints. Reads from the right, as names hold slashes and may hold the words
 * `manifests` or `blobs`. Null: no such endpoint. Throws `NAME_INVALID` for a path that hides something (`%2f`, NUL, bad escapes, overlong).
 */
export function routeOf(path: string): Route | null {
  if (path === '/v2/' || path === '/v2') return { kind: 'ping' };
  if (path.length > MAX_PATH) throw oci.nameInvalid(`the path has ${path.length} characters, ${MAX_PATH} are allowed`);
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  const segments = decoded(path.slice('/v2/'.length)).split('/');
  const last = segments.pop() ?? '';
  const word = segments.pop() ?? '';
  const name = segments.join('/');
  if (word === 'manifests' && name) return { kind: 'manifest', name, reference: last };
  if (word === 'tags' && last === 'list' && name) return { kind: 'tags', name };
  if (word === 'referrers' && name) return { kind: 'referrers', name, digest: last };
  if (word === 'blobs' && last === 'uploads' && name) return { kind: 'uploads', name };
  if (word === 'blobs' && name) return { kind: 'blob', name, digest: last };
  if (word === 'uploads' && segments.at(-1) === 'blobs' && segments.length > 1) {
    const image = segments.slice(0, -1).join('/');
    return last === '' ? { kind: 'uploads', name: image } : { kind: 'upload', name: image, uploadId: last };
  }
  return null;
}

// A client may escape the colon of a digest; nothing that these paths need else is ever escaped.
function decoded(path: string): string {
  if (!path.includes('%')) return path;
  const text = path.replace(/%3a/gi, ':').replace(/%2b/gi, '+').replace(/%7e/gi, '~');
  if (text.includes('%')) throw oci.nameInvalid('escapes are not allowed in a name, a reference or a digest');
  return text;
}
