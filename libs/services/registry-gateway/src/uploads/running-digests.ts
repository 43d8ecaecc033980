import { RunningDigest } from '@entrepot/blob-store';
import type { DigestAlgorithm } from '@entrepot/oci';

interface Running {
  readonly offset: number;
  readonly digest: RunningDigest;
}

/**
 * The running digest of uploads whose last bytes came through this replica, valid only at the row's offset: what was advanced never changes,
 * so equal offsets mean equal bytes. Node cannot save a digest's state; a chunked session that changed replica is read back once, at commit.
 */
export class RunningDigests {
  private readonly uploads = new Map<string, Running>();

  constructor(private readonly maxUploads = 10_000) {}

  /** A digest over everything up to `offset`, to go on with; null when this replica has not seen it all. The caller keeps or discards it. */
  at(uploadId: string, offset: number, algorithm: DigestAlgorithm): RunningDigest | null {
    if (offset === 0) return new RunningDigest(algorithm);
    const running = this.uploads.get(uploadId);
    if (running?.offset !== offset || running.digest.algorithm !== algorithm) return null;
    return running.digest.copy();
  }

  /** Takes `digest` for the next chunk. Call only after the offset was advanced in the row. */
  keep(uploadId: string, offset: number, digest: RunningDigest): void {
    this.drop(uploadId);
    this.uploads.set(uploadId, { offset, digest });
    if (this.uploads.size <= this.maxUploads) return;
    const [oldest] = this.uploads.keys();
    if (oldest !== undefined) this.drop(oldest);
  }

  drop(uploadId: string): void {
    this.uploads.get(uploadId)?.digest.discard();
    this.uploads.delete(uploadId);
  }
}
