import { principalPolicies, type PrincipalPolicies } from '@entrepot/contracts';
import { compilePolicies, type PolicyDocument } from '@entrepot/policy';
import { BoundedCache } from '../bounded-cache.js';
import type { EpochTracker } from './epoch-tracker.js';
import { heardFromIam, iamUnavailable } from './iam-unavailable.js';
import { IAM_DEADLINE_MS, type AccessMessages } from './messages.port.js';
import type { KeyPrincipal } from './principal.js';
import { SingleFlight } from './single-flight.js';

/** A principal as of an epoch of its account; null when its key is disabled or gone. */
interface DirectoryEntry {
  readonly accountId: string;
  readonly epoch: number;
  readonly principal: KeyPrincipal | null;
}

/** Principals that one process works for at a time; each costs some KiB. */
const MAX_PRINCIPALS = 10_000;

/** An account that changes faster than it can be read is asked about this often before we give up. */
const MAX_READS = 4;

/** Principals with their compiled policies, kept as long as their account's epoch stands. */
export class PrincipalDirectory {
  readonly #entries = new BoundedCache<string, DirectoryEntry>(MAX_PRINCIPALS);
  readonly #loading = new SingleFlight<KeyPrincipal | null>();

  constructor(
    private readonly messages: AccessMessages,
    private readonly tracker: EpochTracker,
  ) {}

  /** The principal, at once when it is known and current; null when its key is disabled or gone. Throws `UNAVAILABLE`. */
  find(principalId: string): KeyPrincipal | null | Promise<KeyPrincipal | null> {
    const entry = this.#entries.get(principalId);
    if (entry && this.tracker.fresh && this.#isCurrent(entry)) return entry.principal;
    return this.#loading.run(principalId, () => this.#load(principalId));
  }

  forget(): void {
    this.#entries.clear();
  }

  async #load(principalId: string): Promise<KeyPrincipal | null> {
    for (let read = 0; read < MAX_READS; read++) {
      if (!this.tracker.fresh) await heardFromIam(this.tracker.refresh());
      const known = this.#entries.get(principalId);
      if (known && this.#isCurrent(known)) return known.principal;
      const entry = await this.#read(principalId);
      if (entry) return entry.principal;
    }
    throw iamUnavailable(new Error('the account changes faster than it can be read'));
  }

  /** Null when the answer was overtaken by a change. */
  async #read(principalId: string): Promise<DirectoryEntry | null> {
    const { generation } = this.tracker;
    const answer = await heardFromIam(
      this.messages.ask(principalPolicies, { principalId }, { deadlineMs: IAM_DEADLINE_MS }),
    );
    const entry = { accountId: answer.accountId, epoch: answer.epoch, principal: readPrincipal(answer) };
    if (this.tracker.generation !== generation || !this.#isCurrent(entry)) return null;
    // A restored database that we haven't heard of yet: true now, but nothing to keep under the old incarnation.
    const keep = answer.incarnation === this.tracker.incarnation && answer.accountId !== '';
    if (keep) this.#entries.set(principalId, entry);
    return entry;
  }

  #isCurrent(entry: DirectoryEntry): boolean {
    return entry.epoch >= this.tracker.epochOf(entry.accountId);
  }
}

function readPrincipal(answer: PrincipalPolicies): KeyPrincipal | null {
  if (!answer.enabled) return null;
  const { principalId, name, accountId } = answer;
  const attached = answer.policies.map((policy) => ({
    ...policy,
    // Checked when it was saved; the compiler fails closed on what it can't read.
    document: policy.document as unknown as PolicyDocument,
  }));
  return Object.freeze({
    kind: 'key',
    id: principalId,
    principalId,
    name,
    accountId,
    policies: compilePolicies(attached),
    tokenAccess: null,
  });
}
