import { type BlobLocation, ForeignBlobRecord, type Member, storedRecordOf } from '@entrepot/blob-store';

/** The store that a location is of; null when it is none of these. */
export function locate(members: readonly Member[], location: BlobLocation): Member | null {
  try {
    const { record } = storedRecordOf(location);
    return members.find((member) => member.owns(record)) ?? null;
  } catch (error) {
    if (error instanceof ForeignBlobRecord) return null;
    throw error;
  }
}
