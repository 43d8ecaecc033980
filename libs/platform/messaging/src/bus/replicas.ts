/** How long a silence makes us choose who is asked; each further silence begins it anew. */
const SUSPICIOUS_MS = 10_000;
/** While suspicious, how often a question goes to whichever replica NATS chooses: who works again is found so. */
const PROBE_EVERY_MS = 1_000;

interface Owner {
  /** Replicas that answered, and since then left no question of ours unanswered. In the order of their turns. */
  readonly good: Set<string>;
  suspiciousUntil: number;
  probedAt: number;
}

/**
 * What one asker knows of the replicas of each service. NATS gives a question to any of them, and goes on giving to one that stalls with its
 * connection open. So after a silence questions go to those that answer, by name, until nothing has been silent for ten seconds.
 */
export class Replicas {
  readonly #owners = new Map<string, Owner>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The replica to ask, or null for whichever NATS chooses. `mayProbe`: the question may be asked again at once if nobody answers. */
  choose(service: string, mayProbe: boolean): string | null {
    const owner = this.#owners.get(service);
    const now = this.now();
    if (!owner || now >= owner.suspiciousUntil) return null;
    if (mayProbe && now - owner.probedAt >= PROBE_EVERY_MS) {
      owner.probedAt = now;
      return null;
    }
    const [next = null] = owner.good;
    if (next !== null) {
      owner.good.delete(next);
      owner.good.add(next);
    }
    return next;
  }

  answered(service: string, replica: string): void {
    const { good } = this.#owner(service);
    if (!good.has(replica)) good.add(replica);
  }

  /** Nobody has answered in the time that an answer takes. `replica`: who was asked by name. */
  silent(service: string, replica: string | null): void {
    const owner = this.#owner(service);
    owner.suspiciousUntil = this.now() + SUSPICIOUS_MS;
    if (replica !== null) owner.good.delete(replica);
  }

  /** The replica has ended: NATS knows nobody of that name. */
  gone(service: string, replica: string): void {
    this.#owners.get(service)?.good.delete(replica);
  }

  #owner(service: string): Owner {
    let owner = this.#owners.get(service);
    if (!owner)
      this.#owners.set(service, (owner = { good: new Set(), suspiciousUntil: -Infinity, probedAt: -Infinity }));
    return owner;
  }
}
