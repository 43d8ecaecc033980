import { IsBoolean, IsIn, IsInt, IsObject, IsArray, IsString, MaxLength, Min } from 'class-validator';
import { defineQuestion } from '../core/contract.js';
import { Nullable } from '../core/nullable.js';
import { Empty, ImageScope, UploadOffset } from './scope.js';

const ALGORITHMS = ['sha256', 'sha512'] as const;

export class OpenUploadRequest extends ImageScope {
  @IsIn(ALGORITHMS) algorithm!: 'sha256' | 'sha512';
}

/** For how long a claim holds. Who has not advanced or committed by then never will, and must have stopped writing to the store. */
export const UPLOAD_CLAIM_MS = 24 * 3_600_000;

/** A session that the asker holds at `revision`: only it may advance or commit, until somebody claims the session anew. */
export class UploadClaim {
  @IsString() uploadId!: string;
  @IsInt() @Min(0) revision!: number;
  @IsInt() @Min(0) offset!: number;
  /** The blob store's key, made with the row and before any byte. */
  @IsString() key!: string;
  /** The blob store's writer state; null before the first byte. */
  @Nullable() @IsObject() state!: Record<string, unknown> | null;
  @IsIn(ALGORITHMS) algorithm!: 'sha256' | 'sha512';
  /** Digest of everything up to `offset`, by `algorithm`; null when the bytes came in several requests and nobody had the running digest. */
  @Nullable() @IsString() digestSoFar!: string | null;
}

export const openUpload = defineQuestion('catalog.upload.open.v1', OpenUploadRequest, UploadClaim, {
  again: 'fenced',
  summary: 'Opens an upload session bound to the image name and the actor, and claims it at revision 1.',
});

export class UploadRequest extends ImageScope {
  @IsString() @MaxLength(64) uploadId!: string;
}

export class ClaimUploadRequest extends UploadRequest {
  /** Start of the client's Content-Range; null when it streams. Another offset than the row's: 416. */
  @Nullable() @IsInt() @Min(0) expectedOffset!: number | null;
}

export const claimUpload = defineQuestion('catalog.upload.claim.v1', ClaimUploadRequest, UploadClaim, {
  again: 'fenced',
  summary: 'Takes the session over at the next revision. BLOB_UPLOAD_UNKNOWN when it is not this image and actor’s.',
});

export class AdvanceUploadRequest extends UploadRequest {
  @IsInt() @Min(0) revision!: number;
  @IsInt() @Min(0) offset!: number;
  @IsObject() state!: Record<string, unknown>;
  @Nullable() @IsString() digestSoFar!: string | null;
}

export const advanceUpload = defineQuestion('catalog.upload.advance.v1', AdvanceUploadRequest, Empty, {
  again: 'fenced',
  summary: 'Moves the offset past bytes that are durable in the store. Refused (416) when the claim was superseded.',
});

export const uploadStatus = defineQuestion('catalog.upload.status.v1', UploadRequest, UploadOffset, {
  again: 'freely',
  summary: 'How many bytes the session holds.',
});

export const cancelUpload = defineQuestion('catalog.upload.cancel.v1', UploadRequest, Empty, {
  summary: 'Ends the session; its bytes are released by the catalog’s worker.',
});

export class CommitUploadRequest extends UploadRequest {
  @IsInt() @Min(0) revision!: number;
  @IsString() digest!: string;
  @IsInt() @Min(0) size!: number;
  /** From the store's commit: the bytes are durable at this place. */
  @IsObject() location!: Record<string, unknown>;
}

export const commitUpload = defineQuestion('catalog.upload.commit.v1', CommitUploadRequest, Empty, {
  again: 'fenced',
  summary:
    'Makes the bytes the blob’s live generation (or drops them for the one that lives) and links the image to it. A retry after a lost answer succeeds.',
});

export class BlobRequest extends ImageScope {
  @IsString() digest!: string;
}

export class MountBlobRequest extends BlobRequest {
  /** The repositories that the caller may pull from, of which one must hold the blob. */
  @IsArray() @IsString({ each: true }) sourceRepositoryIds!: string[];
  /** Image inside the source repository, when the client named it. */
  @Nullable() @IsString() sourceImage!: string | null;
}

export class MountBlobReply {
  @IsBoolean() mounted!: boolean;
}

export const mountBlob = defineQuestion('catalog.blob.mount.v1', MountBlobRequest, MountBlobReply, {
  again: 'fenced',
  summary: 'Links the image to a live blob that one of the sources holds; false when none does.',
});

export class BlobSourcesRequest {
  @IsString() registryId!: string;
  @IsString() digest!: string;
}

/** One repository that holds the blob. */
export class BlobSourcesReply {
  @IsArray() @IsString({ each: true }) publicRepositoryIds!: string[];
  @IsArray() @IsString({ each: true }) privateRepositoryIds!: string[];
}

export const blobSources = defineQuestion('catalog.blob.sources.v1', BlobSourcesRequest, BlobSourcesReply, {
  again: 'freely',
  summary: 'Repositories of the registry that hold the blob (at most 100), for a mount without `from`.',
});

export const deleteBlob = defineQuestion('catalog.blob.delete.v1', BlobRequest, Empty, {
  summary:
    'Unlinks the blob from the image. UNSUPPORTED (405), naming them, while live manifests of the image need it.',
});
