import { isFailure } from './s3-failure.js';
import type { S3Wire } from './s3-wire.js';
import { textOf } from './xml.js';

/** Whether a bucket keeps versions of what is deleted; `unknown` when our keys may not ask. */
export type Versions = 'kept' | 'none' | 'unknown';

// Buckets of an installation with a bucket per registry; forgotten ones cost one request.
const MAX_KNOWN = 10_000;
/** Operators switch versions on while we run. A delete that meets them says so by itself; this is for what was hidden before. */
const BELIEVED_MS = 60_000;

/** What is known of buckets. One that ever kept versions still has what it kept, so that is believed for good. */
export class VersionedBuckets {
  readonly #known = new Map<string, { readonly versions: Versions; readonly until: number }>();

  constructor(
    private readonly wire: Pick<S3Wire, 'request'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async versionsOf(bucket: string, signal?: AbortSignal): Promise<Versions> {
    const known = this.#known.get(bucket);
    if (known && this.now() < known.until) return known.versions;
    return this.#learn(bucket, await this.#ask(bucket, signal));
  }

  /** True when that was found out before; costs no request. */
  knowsOfVersions(bucket: string): boolean {
    return this.#known.get(bucket)?.versions === 'kept';
  }

  /** A delete there made a marker. */
  markerMade(bucket: string): void {
    this.#learn(bucket, 'kept');
  }

  #learn(bucket: string, versions: Versions): Versions {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(bucket, { versions, until: versions === 'kept' ? Infinity : this.now() + BELIEVED_MS });
    return versions;
  }

  async #ask(bucket: string, signal: AbortSignal | undefined): Promise<Versions> {
    try {
      const { text } = await this.wire.request({ method: 'GET', bucket, query: { versioning: '' }, signal });
      // Suspended ones still keep what they have.
      return /^(Enabled|Suspended)$/.test(textOf(text, 'Status') ?? '') ? 'kept' : 'none';
    } catch (error) {
      if (isFailure(error, 'NotImplemented', 'MethodNotAllowed')) return 'none';
      if (isFailure(error, 'AccessDenied')) return 'unknown';
      throw error;
    }
  }
}
