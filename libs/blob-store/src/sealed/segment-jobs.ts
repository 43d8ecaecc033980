import type { SegmentSecret } from './run-key.js';

/** What a worker thread can be asked. Frames are shared memory; digests live in the thread, which numbers let others name. */
export type SegmentJob =
  | {
      readonly kind: 'update';
      readonly digest: number;
      readonly algorithm: string;
      readonly frame: Uint8Array;
      readonly length: number;
    }
  | { readonly kind: 'copy'; readonly digest: number; readonly copy: number }
  | { readonly kind: 'drop' | 'hex'; readonly digest: number }
  | {
      readonly kind: 'encrypt' | 'decrypt';
      readonly frame: Uint8Array;
      readonly length: number;
      readonly secret: SegmentSecret;
    };

export interface SegmentAnswer {
  readonly id: number;
  /** To 'hex': null when the thread doesn't know the digest. */
  readonly hex?: string | null;
  /** To 'decrypt'. */
  readonly sound?: boolean;
}
