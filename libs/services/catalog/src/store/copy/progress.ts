import type { Copied, CopyWork } from './copy-blob.js';
import type { CopyReport } from './copy-blobs.js';

const SAY_EVERY_MS = 10_000;

/** Tells the operator how far a copy is. */
export class Progress {
  #saidAt = performance.now();
  #last: CopyReport | null = null;

  private constructor(
    private readonly blobs: number,
    private readonly bytes: number,
    private readonly say: (sentence: string) => void,
  ) {}

  /** Counts what there is to do. */
  static async over(work: AsyncIterable<CopyWork>, say: (sentence: string) => void): Promise<Progress> {
    let [blobs, bytes] = [0, 0];
    for await (const { blob } of work) {
      blobs++;
      bytes += blob.size;
    }
    return new Progress(blobs, bytes, say);
  }

  begin(driver: string, dryRun: boolean): void {
    this.say(
      `${this.blobs} blobs of ${inUnits(this.bytes)} ${dryRun ? 'would be copied' : 'are to be copied'} to ${driver}.`,
    );
  }

  readonly done = ({ blob, from }: CopyWork, copied: Copied, report: CopyReport): void => {
    this.#last = { ...report };
    if (copied.outcome === 'refused') {
      const name = `${blob.algorithm}:${blob.hex} of the registry ${blob.registryId}`;
      this.say(`Not copied, and left ${from ? `in ${from.driver}` : 'where it is'}: ${name}: ${copied.reason}`);
    }
    if (performance.now() - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = performance.now();
    this.say(`${report.copied} of ${this.blobs} blobs, ${inUnits(report.bytes)} of ${inUnits(this.bytes)} …`);
  };

  interrupted(): void {
    this.say(`Interrupted after ${this.#last?.copied ?? 0} blobs, which stay copied: run it again to go on.`);
  }

  /** Resolves to the exit code. */
  end({ copied, bytes, unopened, gone, refused }: CopyReport): number {
    this.say(`${copied} blobs of ${inUnits(bytes)} copied and proven; their old bytes go in an hour.`);
    if (unopened > 0) this.say(`${unopened} of them are encrypted and were compared without being opened.`);
    if (gone > 0) this.say(`${gone} blobs were deleted meanwhile, or copied by another run.`);
    if (refused > 0) this.say(`${refused} blobs could not be copied, and stay where they are.`);
    return refused > 0 ? 1 : 0;
  }
}

/** `1.2 GB`. */
export function inUnits(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let [value, at] = [bytes, 0];
  for (; value >= 1_000 && at < units.length - 1; at++) value /= 1_000;
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`;
}
