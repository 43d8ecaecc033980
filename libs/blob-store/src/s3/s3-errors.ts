import { BlobStoreUnavailable, DiskFull } from '../errors.js';
import { S3Failure } from './s3-failure.js';

interface Row {
  /** Whether what the caller wants may succeed by itself soon. */
  readonly passes: boolean;
  /** Whether the same request may: then we send it again. */
  readonly again?: false;
  /** What the operator reads. */
  readonly sentence: (failure: S3Failure) => string;
  readonly full?: true;
}

const passing = (what: string): Row => ({ passes: true, sentence: () => `the object store ${what}` });
const lasting = (what: string): Row => ({ passes: false, sentence: () => `the object store ${what}` });
const full: Row = { passes: false, full: true, sentence: () => 'no room is left in the object store' };
const busy = passing('asks for fewer requests');
const failed = passing('failed');
const garbled = passing('got other bytes than were sent');
const wrongKey = lasting('does not accept the access key and its secret');
const bucketTaken: Row = {
  passes: false,
  sentence: ({ bucket }) => `the bucket ${bucket ?? ''} belongs to another account of the object store`,
};

/** S3's error codes (and those of MinIO, SeaweedFS and Ceph) that need a sentence of their own, and ours. */
const TABLE: Readonly<Record<string, Row>> = {
  Unreachable: { passes: true, sentence: ({ message }) => `the object store can't be reached: ${message}` },
  Silent: { passes: true, sentence: ({ message }) => `the object store does not answer: ${message}` },
  WrongAnswer: { passes: true, sentence: ({ message }) => `the object store gave a wrong answer: ${message}` },

  SlowDown: busy,
  SlowDownRead: busy,
  SlowDownWrite: busy,
  TooManyRequests: busy,
  RequestLimitExceeded: busy,
  ServiceUnavailable: failed,
  InternalError: failed,
  RequestTimeout: passing('waited too long for our bytes'),
  OperationAborted: failed,
  XMinioServerNotInitialized: passing('is still starting'),
  XMinioReadQuorum: failed,
  XMinioWriteQuorum: failed,

  BadDigest: garbled,
  XAmzContentSHA256Mismatch: garbled,
  XAmzContentChecksumMismatch: garbled,
  IncompleteBody: garbled,
  InvalidPart: { ...passing('does not know a part that it has taken'), again: false },
  NoSuchUpload: { ...passing('lost an upload that was under way'), again: false },

  // An absent object has a code of its own wherever an answer has a body: a 404 without one comes from something in the store's place.
  NotFound: lasting("answers 404 without a code of S3's: does something else answer in its place?"),
  NoSuchBucket: { passes: false, sentence: ({ bucket }) => `the bucket ${bucket ?? ''} does not exist` },
  BucketAlreadyExists: bucketTaken,
  AccessDenied: {
    passes: false,
    sentence: ({ bucket }) => `the object store does not allow our access key to do this in the bucket ${bucket ?? ''}`,
  },
  AllAccessDisabled: lasting('has disabled the account'),
  AccountProblem: lasting('has a problem with the account'),
  InvalidAccessKeyId: wrongKey,
  SignatureDoesNotMatch: wrongKey,
  InvalidToken: wrongKey,
  ExpiredToken: wrongKey,
  AuthorizationHeaderMalformed: lasting('is of another region than the settings say'),
  PermanentRedirect: lasting('is of another region or at another endpoint than the settings say'),
  TemporaryRedirect: passing('is moving the bucket to another endpoint'),
  RequestTimeTooSkewed: {
    passes: false,
    sentence: ({ serverDate }) =>
      `the clocks of this machine (${new Date().toUTCString()}) and of the object store (${serverDate ?? 'unknown'}) are too far apart: set them right`,
  },

  StorageFull: full,
  XMinioStorageFull: full,
  QuotaExceeded: full,
  XMinioAdminBucketQuotaExceeded: full,
  NotEnoughStorage: full,
};

function rowOf(failure: S3Failure): Row {
  const known = TABLE[failure.code];
  if (known) return known;
  // Codes that nobody listed: who is to blame is told by the status.
  const passes = failure.status >= 500 && failure.status !== 501;
  return { passes, sentence: ({ code, message }) => `the object store refused: ${code}, ${message}` };
}

/** Whether it makes sense to send the request again. */
export function worthAnotherTry(error: unknown): boolean {
  if (!(error instanceof S3Failure)) return false;
  const { passes, again } = rowOf(error);
  return passes && again !== false;
}

/** The port's error for a failed request; anything else, an error of the source for instance, comes back as it is. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof S3Failure)) return error;
  const row = rowOf(error);
  const sentence = row.sentence(error);
  if (row.full) return new DiskFull(sentence, { cause: error });
  return new BlobStoreUnavailable(sentence, row.passes, { cause: error });
}

/** Runs an operation on the object store and fails with the port's errors. */
export async function onS3<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw asStoreError(error);
  }
}
