import { ROOT, type IamApp } from './iam-app.js';

export const basic = (accessKey: string, secret: string) =>
  `Basic ${Buffer.from(`${accessKey}:${secret}`).toString('base64')}`;

export const asRoot = basic(ROOT.accessKey, ROOT.secret);

export interface Answer {
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- specs look into bodies of many shapes, several levels deep
  body: Record<string, any>;
}

/** Sends a request over real HTTP; a body goes as JSON. */
export async function send(
  { url }: Pick<IamApp, 'url'>,
  method: string,
  path: string,
  { authorization = asRoot as string | null, body = undefined as unknown, headers = {} as Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

export interface TestUser {
  userId: string;
  accessKey: string;
  secret: string;
  authorization: string;
}

/** A user with policies and one key. */
export async function aUser(app: Pick<IamApp, 'url'>, name: string, policies: string[] = []): Promise<TestUser> {
  const { userId } = (await send(app, 'POST', '/api/v1/users', { body: { name } })).body as { userId: string };
  for (const policy of policies) await send(app, 'PUT', `/api/v1/users/${userId}/policies/${policy}`);
  const { body } = await send(app, 'POST', '/api/v1/access-keys', { body: { userId } });
  const { accessKey, secretKey } = body as { accessKey: string; secretKey: string };
  return { userId, accessKey, secret: secretKey, authorization: basic(accessKey, secretKey) };
}

/** Waits until `check` holds; fails after `withinMs`. Tells how long it took. */
export async function within(withinMs: number, check: () => Promise<boolean> | boolean): Promise<number> {
  const start = performance.now();
  for (;;) {
    if (await check()) return performance.now() - start;
    if (performance.now() - start > withinMs) throw new Error(`it did not become true within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
