import { randomUUID } from 'node:crypto';
import type { Scene } from '../support/scene.js';
import type { Right } from './actors.js';

/** What the management verbs meet. */
export interface RestScene extends Scene {
  readonly repositoryId: string;
  readonly imageId: string;
  /** Of the image's only manifest. */
  readonly digest: string;
}

/** A request that the verb is tried with; each actor gets one of its own. */
export interface RestAttempt {
  readonly path: string;
  readonly body?: unknown;
}

/** One verb of the management API. */
export interface RestVerb {
  readonly name: string;
  readonly method: string;
  /** Null: who is known may. */
  readonly right: Right | null;
  readonly granted: number;
  /** To who has the right in another account. The same as `granted` where the verb is about the account of who asks. */
  readonly absent: number;
  readonly prepare: (scene: RestScene) => Promise<RestAttempt>;
}

type Prepare = RestVerb['prepare'];

/** A verb about a thing, which in another account is not there. */
export function about(
  name: string,
  [method, right, granted]: readonly [string, Right, number],
  prepare: Prepare,
  absent = 404,
): RestVerb {
  return { name, method, right, granted, absent, prepare };
}

/** A verb about the account of who asks: everybody has one. */
export function aboutOwn(
  name: string,
  [method, right, granted]: readonly [string, Right | null, number],
  prepare: Prepare,
): RestVerb {
  return { name, method, right, granted, absent: granted, prepare };
}

export const SEE = ['GET', 'see', 200] as const;
export const CREATE = ['POST', 'manage', 201] as const;
export const CHANGE = ['PATCH', 'manage', 200] as const;
export const REPLACE = ['PUT', 'manage', 200] as const;
export const DELETE = ['DELETE', 'manage', 204] as const;

/** A path below `/api/v1`. */
export const at =
  (path: string): Prepare =>
  async () => ({ path: `/api/v1/${path}` });

/** A name that nothing has yet and that everything may have. */
export const short = (): string => `m${randomUUID().replaceAll('-', '').slice(0, 20)}`;
