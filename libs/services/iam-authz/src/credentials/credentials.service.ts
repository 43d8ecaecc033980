import type { PrincipalIdentity, VerifyCredentialsRequest } from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import type { Database } from '@entrepot/platform-persistence';
import { findCredentials, touchKey, type KeyCredentials } from '../access-keys/access-key.store.js';
import { sameMac, type Pepper } from '../access-keys/secret-mac.js';
import type { Clock } from '../clock.js';
import type { IamLogger } from '../ports.js';
import type { AttemptLimiter } from './attempt-limiter.js';
import type { LoginEvents } from './login-events.js';

/** What everyone hears whose key is unknown, whose secret is wrong, or whose key is disabled. */
const WRONG = 'The access key or its secret is wrong, or the key is disabled.';

const HOUR_MS = 3_600_000;

/** Compared with when there is no such key, so that both ways do the same work. */
const NO_MAC = Buffer.alloc(32);

/** Checks access keys and their secrets. */
export class CredentialsService {
  constructor(
    private readonly database: Database,
    private readonly pepper: Pepper,
    private readonly limiter: AttemptLimiter,
    private readonly events: LoginEvents,
    private readonly logger: IamLogger,
    private readonly clock: Clock,
  ) {}

  /** Whose key is this? Throws `UNAUTHORIZED`, or `TOOMANYREQUESTS` after too many wrong secrets from this address. */
  async verify({ accessKey, secret, sourceIp, login }: VerifyCredentialsRequest): Promise<PrincipalIdentity> {
    const now = this.clock().getTime();
    const key = await findCredentials(this.database, accessKey);
    const right = sameMac(this.pepper.macOf(secret), key?.secretMac ?? NO_MAC) && key !== null;
    const wait = this.limiter.secondsToWait(accessKey, sourceIp, now);
    const refusal = wait > 0 ? 'too many attempts' : !right ? 'wrong secret' : !key.enabled ? 'disabled key' : null;
    if (refusal !== null || !key) {
      if (wait === 0 && !right) this.limiter.wrong(accessKey, sourceIp, now);
      if (key) this.events.denied(loginOf(key, sourceIp), refusal ?? 'wrong secret');
      throw wait > 0
        ? oci.tooManyRequests('Too many wrong secrets were tried from your address: wait.', wait)
        : oci.unauthorized(WRONG);
    }
    this.limiter.right(accessKey, sourceIp);
    this.#noteUse(key, now);
    if (login) await this.events.succeeded(loginOf(key, sourceIp));
    return { principalId: key.keyId, name: key.userName, accountId: key.accountId };
  }

  #noteUse({ keyId, lastUsedAt }: KeyCredentials, now: number): void {
    if (lastUsedAt && now - lastUsedAt.getTime() < HOUR_MS) return;
    touchKey(this.database, keyId, new Date(now)).catch((error: unknown) =>
      this.logger.warn({ err: error }, 'the time of a key’s last use could not be kept'),
    );
  }
}

function loginOf(key: KeyCredentials, sourceIp: string | null) {
  return { accountId: key.accountId, keyId: key.keyId, user: key.userName, sourceIp };
}
