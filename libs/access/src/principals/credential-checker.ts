import { createHmac, randomBytes } from 'node:crypto';
import { verifyCredentials, type PrincipalIdentity, type VerifyCredentialsRequest } from '@entrepot/contracts';
import { BoundedCache } from '../bounded-cache.js';
import { parseBasic } from './basic-credentials.js';
import type { EpochTracker } from './epoch-tracker.js';
import { heardFromIam } from './iam-unavailable.js';
import { IAM_DEADLINE_MS, type AccessMessages } from './messages.port.js';
import { SingleFlight } from './single-flight.js';

/** Credentials that were right when the count of changes stood at `sequence`. */
interface Checked {
  readonly principalId: string;
  readonly accountId: string;
  readonly sequence: number;
}

const MAX_CHECKED = 10_000;

/** Checks access keys and their secrets. Right ones are remembered until their account changes; wrong ones are asked about each time. */
export class CredentialChecker {
  readonly #checked = new BoundedCache<string, Checked>(MAX_CHECKED);
  readonly #asking = new SingleFlight<string>();
  // Secrets are not kept: the memory holds what only this process can compute from them.
  readonly #key = randomBytes(32);

  constructor(
    private readonly messages: AccessMessages,
    private readonly tracker: EpochTracker,
  ) {}

  /** The principal's id. Throws (or rejects with) `UNAUTHORIZED`, `TOOMANYREQUESTS` or `UNAVAILABLE`. A login is always asked, so that it is told. */
  check(encoded: string, sourceIp: string | null, login: boolean): string | Promise<string> {
    const mac = createHmac('sha256', this.#key).update(encoded).digest('base64');
    const known = login ? undefined : this.#checked.get(mac);
    if (known && this.tracker.fresh && !this.tracker.changedSince(known.accountId, known.sequence)) {
      return known.principalId;
    }
    const credentials = parseBasic(encoded);
    return this.#asking.run(`${mac} ${sourceIp} ${login}`, async () => {
      if (!this.tracker.fresh) await heardFromIam(this.tracker.refresh());
      const { generation, sequence, incarnation } = this.tracker;
      const answer = await heardFromIam(this.#ask({ ...credentials, sourceIp, login }));
      if (generation === this.tracker.generation && incarnation === this.tracker.incarnation) {
        this.#checked.set(mac, { principalId: answer.principalId, accountId: answer.accountId, sequence });
      }
      return answer.principalId;
    });
  }

  #ask(request: VerifyCredentialsRequest): Promise<PrincipalIdentity> {
    return this.messages.ask(verifyCredentials, request, { deadlineMs: IAM_DEADLINE_MS });
  }

  forget(): void {
    this.#checked.clear();
  }
}
