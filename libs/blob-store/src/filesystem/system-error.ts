import { BlobStoreUnavailable, DiskFull } from '../errors.js';

const NO_ROOM = new Set(['ENOSPC', 'EDQUOT']);
// They pass by themselves: descriptors are given back, a network file system answers again.
const PASSING = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'ENOMEM', 'ETIMEDOUT', 'ESTALE']);

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

/** The store's error for an error of the file system; anything else comes back as it is. */
export function asStoreError(error: unknown): unknown {
  const { code, syscall, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (typeof code !== 'string' || typeof syscall !== 'string') return error;
  if (NO_ROOM.has(code)) return new DiskFull(`no room is left on the blob store (${code})`, { cause: error });
  return new BlobStoreUnavailable(`the blob store failed: ${message}`, PASSING.has(code), { cause: error });
}

/** Runs an operation on the file system and fails with the store's errors. */
export async function onDisk<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw asStoreError(error);
  }
}
