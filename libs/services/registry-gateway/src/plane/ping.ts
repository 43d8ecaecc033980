import { challenge } from '../access/challenge.js';
import type { Answer } from './answer.js';
import type { Call } from './call.js';
import { json } from './json.js';
import type { Ports } from './ports.js';

/** end-1, `GET /v2/`: 200 to who is logged in, else the challenge that tells clients where tokens are. Any valid token will do. */
export async function ping(_ports: Ports, call: Call): Promise<Answer> {
  if (call.principal.kind === 'anonymous' && call.principal.tokenAccess === null) {
    throw challenge(call, 'log in with an access key and its secret: docker login', null);
  }
  return json(200, {});
}
