/**
 * Manifest bytes by digest: immutable, so the only question is room. Whether an image *has* the manifest is asked each time. The oldest
 * leaves first: a plain Map keeps insertion order, and a hit moves its entry to the end.
 */
export class ManifestCache {
  private readonly entries = new Map<string, Buffer>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(digest: string): Buffer | undefined {
    const body = this.entries.get(digest);
    if (body === undefined) return undefined;
    this.entries.delete(digest);
    this.entries.set(digest, body);
    return body;
  }

  set(digest: string, body: Buffer): void {
    if (body.length > this.maxBytes / 4) return;
    const present = this.entries.get(digest);
    if (present) this.bytes -= present.length;
    this.entries.delete(digest);
    this.entries.set(digest, body);
    this.bytes += body.length;
    for (const [oldest, old] of this.entries) {
      if (this.bytes <= this.maxBytes) return;
      this.entries.delete(oldest);
      this.bytes -= old.length;
    }
  }
}
