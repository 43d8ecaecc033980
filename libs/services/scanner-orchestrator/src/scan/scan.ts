/** Where the scan of a manifest stands. The states of a running and of a finished scan come with the first engine. */
export const SCAN_STATES = ['Unscanned'] as const;
export type ScanState = (typeof SCAN_STATES)[number];

/** One manifest of one image. */
export interface Scan {
  accountId: string;
  registryId: string;
  repositoryId: string;
  repository: string;
  imageId: string;
  image: string;
  digest: string;
  mediaType: string;
  artifactType: string | null;
  /** Digest that it refers to, when it is a referrer (a signature, an SBOM). */
  subject: string | null;
  /** Bytes of the manifest, its config and its layers. */
  size: number;
  state: ScanState;
  pushedAt: Date;
}

/** As a fact tells it. */
export interface PushedScan extends Omit<Scan, 'state'> {
  /** Of the fact, comparable within an image. */
  sequence: string;
}

/** What ended: a registry, or less of it the more is given. */
export interface Ending {
  registryId: string;
  repositoryId?: string;
  imageId?: string;
  /** With its image. */
  digest?: string;
  /** Of the fact, comparable with pushes to the same image; null when the id never comes back, so that no push is later. */
  sequence: string | null;
  at: Date;
}
