import { MAX_TOKEN_SCOPES } from '@entrepot/access';
import { badRequest } from '@entrepot/platform-http';

/** One resource that a client asks rights on: `repository:apps/hello:pull,push`. */
export interface RequestedScope {
  /** `repository`, `registry`, or something that we don't know and grant nothing on. */
  type: string;
  name: string;
  /** Without repetitions, in the order asked. */
  actions: string[];
}

/** All scope text of a request; the token that names them must fit the 16 KiB of headers that Node reads. */
const MAX_SCOPE_LENGTH = 6_144;
const MAX_ACTIONS = 16;

/**
 * Reads the `scope` parameters: repeated, space-separated, or both. A scope is split at its first and last colon, as a name may hold a port
 * (distribution's `auth/scope.md`). Scopes of one resource are joined. Throws a 400 for what is no scope, or too many.
 */
export function parseScopes(parameters: readonly string[]): RequestedScope[] {
  const length = parameters.reduce((sum, text) => sum + text.length, 0);
  if (length > MAX_SCOPE_LENGTH)
    throw badRequest(`The scopes have ${length} characters; ${MAX_SCOPE_LENGTH} are allowed.`);
  const texts = parameters.flatMap((text) => text.split(' ')).filter((text) => text !== '');
  if (texts.length > MAX_TOKEN_SCOPES)
    throw badRequest(`${texts.length} scopes are asked for; ${MAX_TOKEN_SCOPES} are allowed.`);
  const byResource = new Map<string, RequestedScope>();
  for (const scope of texts.map(parseScope)) {
    const key = `${scope.type}:${scope.name}`;
    const known = byResource.get(key);
    if (known) known.actions = [...new Set([...known.actions, ...scope.actions])];
    else byResource.set(key, scope);
  }
  return [...byResource.values()];
}

function parseScope(text: string): RequestedScope {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 1 || last === first || last === first + 1) {
    throw badRequest(`A scope has the form type:name:actions, such as repository:demo/apps/hello:pull.`);
  }
  // `repository(plugin)`: a class in brackets says what kind of content is meant, not which rights.
  const type = text.slice(0, first).replace(/\([a-z0-9]+\)$/i, '');
  const actions = [...new Set(text.slice(last + 1).split(','))].filter((action) => action !== '');
  if (actions.length > MAX_ACTIONS) throw badRequest(`A scope may name ${MAX_ACTIONS} actions.`);
  return { type, name: text.slice(first + 1, last), actions };
}
