import { epochBeat, epochs, tokenKeys } from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import { IAM_DEADLINE_MS, type AccessMessages } from './principals/messages.port.js';
import { CredentialChecker } from './principals/credential-checker.js';
import { EpochTracker } from './principals/epoch-tracker.js';
import { heardFromIam } from './principals/iam-unavailable.js';
import { anonymous, type KeyPrincipal, type Principal } from './principals/principal.js';
import { PrincipalDirectory } from './principals/principal-directory.js';
import type { TokenAccess } from './tokens/token-access.js';
import { ANONYMOUS } from './tokens/token-format.js';
import { TokenKeyRing } from './tokens/token-key-ring.js';
import { TokenVerifier, type VerifiedToken } from './tokens/token-verifier.js';

/** What this library says when something is wrong; a pino logger satisfies it. */
export interface AccessLogger {
  warn(fields: object, message: string): void;
}

/** How a request reached us. */
export interface AuthenticateOptions {
  /** The host that was asked, as `audienceOfHost` gives it. */
  audience: string;
  /** The client's true address, for rate limits and login events. */
  sourceIp: string | null;
  /** A login proper (`docker login`), told by an event. */
  login?: boolean;
}

/** Keys are published at least five minutes before they sign. */
const REFRESH_KEYS_MS = 60_000;
const DEADLINE = { deadlineMs: IAM_DEADLINE_MS };

/** Answers "who asks?" from what it remembers, and asks `iam-authz` where it can't. */
export class AccessClient {
  readonly #messages: AccessMessages;
  readonly #logger: AccessLogger;
  readonly #tracker: EpochTracker;
  readonly #keys: TokenKeyRing;
  readonly #tokens: TokenVerifier;
  readonly #credentials: CredentialChecker;
  readonly #principals: PrincipalDirectory;
  #stopHearing: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor({
    messages,
    logger,
    now = Date.now,
  }: {
    messages: AccessMessages;
    logger: AccessLogger;
    /** Milliseconds since 1970. */
    now?: () => number;
  }) {
    this.#messages = messages;
    this.#logger = logger;
    this.#tracker = new EpochTracker(
      (since) => messages.ask(epochs, { since }, DEADLINE),
      now,
      () => this.#forget(),
    );
    this.#keys = new TokenKeyRing(async () => (await messages.ask(tokenKeys, {}, DEADLINE)).keys, now);
    this.#tokens = new TokenVerifier(this.#keys, now);
    this.#credentials = new CredentialChecker(messages, this.#tracker);
    this.#principals = new PrincipalDirectory(messages, this.#tracker);
  }

  /** Listens to the beats and fetches what it can; an issuer that isn't there yet is asked again when it is needed. */
  async start(): Promise<void> {
    this.#stopHearing = this.#messages.hear(epochBeat, (beat) => this.#tracker.hear(beat));
    this.#timer = setInterval(() => void this.#refreshKeys(), REFRESH_KEYS_MS).unref();
    await Promise.all([this.#refreshKeys(), this.#tracker.refresh().catch((error) => this.#notHeard(error))]);
  }

  stop(): void {
    this.#stopHearing?.();
    this.#stopHearing = null;
    if (this.#timer) clearInterval(this.#timer);
  }

  /**
   * Who asks? The value itself when it is remembered and current (no promise, no signature check), else a promise. Throws or rejects with
   * `UNAUTHORIZED` (401, without a challenge: that is the caller's), `TOOMANYREQUESTS`, or `UNAVAILABLE` (503) when `iam-authz` can't be heard.
   */
  authenticate(authorization: string | undefined, options: AuthenticateOptions): Principal | Promise<Principal> {
    if (authorization === undefined || authorization === '') return anonymous;
    const space = authorization.indexOf(' ');
    const scheme = authorization.slice(0, Math.max(0, space)).toLowerCase();
    const value = authorization.slice(space + 1).trim();
    if (scheme === 'bearer') return this.#bearer(value, options);
    if (scheme === 'basic') return this.#basic(value, options);
    throw oci.unauthorized('The Authorization header is neither Basic nor Bearer.');
  }

  #bearer(token: string, { audience }: AuthenticateOptions): Principal | Promise<Principal> {
    const verified = this.#tokens.verify(token, audience);
    if (!(verified instanceof Promise)) return this.#ofToken(verified);
    return heardFromIam(verified).then((token) => this.#ofToken(token));
  }

  #ofToken({ claims, access }: VerifiedToken): Principal | Promise<Principal> {
    if (claims.principalId === ANONYMOUS) return { ...anonymous, tokenAccess: access };
    return this.#enabled(claims.principalId, access);
  }

  #basic(encoded: string, { sourceIp, login = false }: AuthenticateOptions): Principal | Promise<Principal> {
    const checked = this.#credentials.check(encoded, sourceIp, login);
    if (typeof checked === 'string') return this.#enabled(checked, null);
    return checked.then((principalId) => this.#enabled(principalId, null));
  }

  #enabled(principalId: string, access: TokenAccess | null): Principal | Promise<Principal> {
    const found = this.#principals.find(principalId);
    return found instanceof Promise ? found.then((it) => inForce(it, access)) : inForce(found, access);
  }

  #forget(): void {
    this.#credentials.forget();
    this.#principals.forget();
  }

  async #refreshKeys(): Promise<void> {
    await this.#keys.refresh().catch((error: unknown) => this.#notHeard(error));
  }

  #notHeard(error: unknown): void {
    this.#logger.warn({ err: error }, 'iam-authz cannot be heard');
  }
}

function inForce(principal: KeyPrincipal | null, access: TokenAccess | null): Principal {
  if (!principal) throw oci.unauthorized('The access key is disabled or gone.');
  return access ? { ...principal, tokenAccess: access } : principal;
}
