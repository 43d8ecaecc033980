/** Nothing is stored under the key, or a part of it is gone: deleted, aborted, or lost. */
export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';

  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`no blob is stored at ${key}`, options);
  }
}

/** Bytes are there but are not those that were written: cut short, changed, or they fail authentication. */
export class BlobCorrupt extends Error {
  override readonly name = 'BlobCorrupt';

  constructor(
    readonly key: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`the blob stored at ${key} is damaged: ${problem}`, options);
  }
}

/** The source had more bytes than the caller allowed. The caller's client was wrong. */
export class BlobTooLarge extends Error {
  override readonly name = 'BlobTooLarge';

  constructor(
    readonly key: string,
    /** Bytes that were allowed. */
    readonly limit: number,
  ) {
    super(`more than ${limit} bytes were sent for ${key}`);
  }
}

/** The blob was sent in more appends than the driver can keep apart. The client should send larger chunks. */
export class BlobTooManyParts extends Error {
  override readonly name = 'BlobTooManyParts';

  constructor(
    readonly key: string,
    /** Appends that are possible. */
    readonly limit: number,
  ) {
    super(`${key} was sent in more than ${limit} chunks`);
  }
}

/** A state or location was not made by this driver: a bug, or a row of another store. */
export class ForeignBlobRecord extends Error {
  override readonly name = 'ForeignBlobRecord';
}

/** The environment failed: the medium, the network, permissions. `cause` is the system's own error. */
export class BlobStoreUnavailable extends Error {
  override readonly name: string = 'BlobStoreUnavailable';

  constructor(
    message: string,
    /** True when the same call may soon succeed by itself; false when somebody has to act first. */
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whether the medium failed to read what it holds, in part or all of it: whoever reads another blob knows. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof BlobStoreUnavailable && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EIO';
}

/** No room is left, on the medium or in the quota that it gives us. Not retryable: somebody has to make room. */
export class DiskFull extends BlobStoreUnavailable {
  override readonly name = 'DiskFull';

  constructor(message: string, options?: ErrorOptions) {
    super(message, false, options);
  }
}
