import { type BlobStore, canMeasureFreeSpace } from '@entrepot/blob-store';
import { oci, OciError } from '@entrepot/oci';

/** Free space is asked at most this often: a push of a thousand layers is one question, and a disk does not fill in a second. */
const MEASURE_EVERY_MS = 1000;

/** Whether writes are taken at all: the read-only mode and the free-disk mark. Deletes and pulls go on below the mark. */
export class WriteGate {
  private measuredAt = -Infinity;
  private free = Infinity;

  constructor(
    private readonly settings: { readonly readOnly: boolean; readonly minFreeBytes: number },
    private readonly blobs: BlobStore,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Throws 405 in read-only mode. */
  checkMode(): void {
    if (this.settings.readOnly)
      throw oci.unsupported('this registry is read-only for now: pulls work, pushes and deletes are refused');
  }

  /** Throws 405 in read-only mode and 507 below the mark. */
  async check(): Promise<void> {
    this.checkMode();
    const free = await this.freeBytes();
    if (free < this.settings.minFreeBytes) throw diskIsFull(free, this.settings.minFreeBytes);
  }

  private async freeBytes(): Promise<number> {
    if (this.now() - this.measuredAt < MEASURE_EVERY_MS || !canMeasureFreeSpace(this.blobs)) return this.free;
    this.measuredAt = this.now();
    this.free = await this.blobs.freeBytes();
    return this.free;
  }
}

/** 507 (RFC 4918 §11.5): not the client's fault and not soon over. */
export function diskIsFull(free?: number, mark?: number): OciError {
  const numbers = free === undefined ? '' : `: ${free} bytes are left and ${mark} are kept free`;
  return new OciError(
    'UNAVAILABLE',
    `the registry has no room for pushes${numbers}; pulls and deletes work, free some space and push again`,
    {
      status: 507,
    },
  );
}
