import { RawConnection, type RawReply } from './raw-request.js';

export interface Credentials {
  readonly accessKey: string;
  readonly secret: string;
}

/** The value of an `Authorization: Basic` header. */
export function basic({ accessKey, secret }: Credentials): string {
  return `Basic ${Buffer.from(`${accessKey}:${secret}`).toString('base64')}`;
}

/** What a `WWW-Authenticate: Bearer` header asks for. */
export interface Challenge {
  readonly realm: string;
  readonly service: string;
  readonly scope: string | null;
  readonly error: string | null;
}

/** Null when the answer has no Bearer challenge. */
export function challengeOf(reply: RawReply): Challenge | null {
  const header = reply.header('www-authenticate');
  if (!header?.startsWith('Bearer ')) return null;
  const found = new Map([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  return {
    realm: found.get('realm') ?? '',
    service: found.get('service') ?? '',
    scope: found.get('scope') ?? null,
    error: found.get('error') ?? null,
  };
}

export interface TokenAnswer {
  readonly token?: string;
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in: number;
  readonly issued_at: string;
  readonly scope?: string;
}

/** The token endpoint of one host, asked in the ways that clients ask it. The path is taken from the realm, the host too. */
export class TokenEndpoint {
  readonly #path: string;
  readonly #host: string;

  constructor(
    private readonly connection: RawConnection,
    private readonly challenge: Challenge,
  ) {
    const { pathname, host } = new URL(challenge.realm);
    this.#path = pathname;
    this.#host = host;
  }

  /** `GET` with Basic, as docker and containerd do; without credentials: an anonymous token. */
  get(
    scopes: readonly string[],
    credentials: Credentials | null,
    extra: Record<string, string> = {},
  ): Promise<RawReply> {
    const query = new URLSearchParams({ service: this.challenge.service, ...extra });
    for (const scope of scopes) query.append('scope', scope);
    const headers = { host: this.#host, ...(credentials ? { authorization: basic(credentials) } : {}) };
    return this.connection.send({ method: 'GET', path: `${this.#path}?${query}`, headers });
  }

  /** `POST` with the password grant of OAuth 2 (RFC 6749 §4.3). */
  post(
    scopes: readonly string[],
    { accessKey, secret }: Credentials,
    extra: Record<string, string> = {},
  ): Promise<RawReply> {
    return this.#form({
      grant_type: 'password',
      username: accessKey,
      password: secret,
      scope: scopes.join(' '),
      ...extra,
    });
  }

  /** `POST` with a refresh token (RFC 6749 §6). */
  refresh(scopes: readonly string[], refreshToken: string): Promise<RawReply> {
    return this.#form({ grant_type: 'refresh_token', refresh_token: refreshToken, scope: scopes.join(' ') });
  }

  #form(fields: Record<string, string>): Promise<RawReply> {
    const body = new URLSearchParams({
      service: this.challenge.service,
      client_id: 'entrepot-test',
      ...fields,
    }).toString();
    const headers = { host: this.#host, 'content-type': 'application/x-www-form-urlencoded' };
    return this.connection.send({ method: 'POST', path: this.#path, headers, body });
  }
}
