import { ACCESS_TOKEN_SECONDS, ANONYMOUS, type AccessEntry, type HostAddress } from '@entrepot/access';
import { oci } from '@entrepot/oci';
import type { Database } from '@entrepot/platform-persistence';
import { compilePolicies, type AccessPrincipal, type PolicyDocument } from '@entrepot/policy';
import { findCredentials } from '../access-keys/access-key.store.js';
import type { Clock } from '../clock.js';
import type { CredentialsService } from '../credentials/credentials.service.js';
import { readPrincipalPolicies } from '../credentials/principal-policies.store.js';
import { signAccessToken } from './access-token.js';
import { REFRESH_TOKEN_SECONDS, type RefreshTokens } from './refresh-token.js';
import type { ScopeGrants } from './scope-grants.service.js';
import type { SigningKeys } from './signing-keys.service.js';
import type { TokenProof, TokenRequest } from './token-request.js';

/** Where a request for a token came from, and to which host. */
export interface TokenPlace {
  audience: string;
  host: HostAddress;
  sourceIp: string | null;
}

/** A token and what belongs to it. */
export interface IssuedToken {
  token: string;
  expiresIn: number;
  issuedAt: string;
  access: AccessEntry[];
  refreshToken: string | null;
}

const ANONYMOUS_PRINCIPAL: AccessPrincipal = { kind: 'anonymous' };

/** Issues access tokens: who proves to be the holder of a key, or nobody, gets those of the asked rights that it has. */
export class TokenService {
  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialsService,
    private readonly grants: ScopeGrants,
    private readonly keys: SigningKeys,
    private readonly refreshTokens: RefreshTokens,
    private readonly clock: Clock,
  ) {}

  /** Throws `UNAUTHORIZED` for a wrong proof only: too few rights make a token with fewer of them. */
  async issue(request: TokenRequest, place: TokenPlace): Promise<IssuedToken> {
    const now = this.clock();
    const principal = await this.#principalOf(request, place, now);
    const { scopes } = request;
    const { host, sourceIp, audience } = place;
    const access = await this.grants.grant({ principal, host, scopes, sourceIp, now });
    const principalId = principal.kind === 'key' ? principal.id : ANONYMOUS;
    const token = await signAccessToken({ principalId, audience, access, now }, await this.keys.signer());
    return {
      token,
      expiresIn: ACCESS_TOKEN_SECONDS,
      issuedAt: now.toISOString(),
      access,
      refreshToken: await this.#refreshTokenFor(request, principalId, audience, now),
    };
  }

  async #principalOf({ proof, scopes }: TokenRequest, place: TokenPlace, now: Date): Promise<AccessPrincipal> {
    if (proof.kind === 'none') return ANONYMOUS_PRINCIPAL;
    const keyId = proof.kind === 'refresh' ? await this.#keyOfRefresh(proof.token, place, now) : proof.accessKey;
    if (proof.kind === 'password') await this.#checkSecret(proof, place, scopes.length === 0);
    const { enabled, name, accountId, policies } = await readPrincipalPolicies(this.database, keyId);
    // Disabled between the two questions.
    if (!enabled) throw wrongProof();
    const attached = policies.map((policy) => ({ ...policy, document: policy.document as unknown as PolicyDocument }));
    return { kind: 'key', id: keyId, name, accountId, policies: compilePolicies(attached) };
  }

  // A token without a scope is what `docker login` asks for.
  async #checkSecret(
    proof: TokenProof & { kind: 'password' },
    { sourceIp }: TokenPlace,
    login: boolean,
  ): Promise<void> {
    const { accessKey, secret } = proof;
    if (accessKey.length > 128 || secret.length > 512) throw wrongProof();
    await this.credentials.verify({ accessKey, secret, sourceIp, login });
  }

  async #keyOfRefresh(token: string, { audience }: TokenPlace, now: Date): Promise<string> {
    const grant = this.refreshTokens.read(token);
    const key = grant && (await findCredentials(this.database, grant.keyId));
    const genuine = key && key.enabled && this.refreshTokens.isGenuine(token, key.secretMac);
    if (!grant || !genuine || grant.audience !== audience || grant.expires <= now.getTime() / 1000) {
      throw oci.unauthorized('The refresh token is not valid any more: log in again.');
    }
    return grant.keyId;
  }

  async #refreshTokenFor(request: TokenRequest, keyId: string, audience: string, now: Date): Promise<string | null> {
    // The one that was shown goes on: exchanging it for ever would make thirty days endless.
    if (request.proof.kind === 'refresh') return request.proof.token;
    if (!request.offline || request.proof.kind === 'none') return null;
    const key = await findCredentials(this.database, keyId);
    if (!key) throw wrongProof();
    const expires = Math.floor(now.getTime() / 1000) + REFRESH_TOKEN_SECONDS;
    return this.refreshTokens.issue({ keyId, audience, expires }, key.secretMac);
  }
}

function wrongProof() {
  return oci.unauthorized('The access key or its secret is wrong, or the key is disabled.');
}
