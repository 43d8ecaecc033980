import { Controller } from '@nestjs/common';
import {
  advanceUpload as advanceUploadQuestion,
  type AdvanceUploadRequest,
  cancelUpload as cancelUploadQuestion,
  claimUpload as claimUploadQuestion,
  type ClaimUploadRequest,
  commitUpload as commitUploadQuestion,
  type CommitUploadRequest,
  type Empty,
  openUpload as openUploadQuestion,
  type OpenUploadRequest,
  type UploadClaim,
  type UploadOffset,
  type UploadRequest,
  uploadStatus as uploadStatusQuestion,
} from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { commitUpload } from './commit-upload.js';
import { advanceUpload, cancelUpload, claimUpload, uploadStatus } from './continue-upload.js';
import { openUpload } from './open-upload.js';

@Controller()
export class UploadHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(openUploadQuestion)
  open(request: OpenUploadRequest): Promise<UploadClaim> {
    return openUpload(this.ports, request);
  }

  @Answers(claimUploadQuestion)
  claim(request: ClaimUploadRequest): Promise<UploadClaim> {
    return claimUpload(this.ports, request);
  }

  @Answers(advanceUploadQuestion)
  advance(request: AdvanceUploadRequest): Promise<Empty> {
    return advanceUpload(this.ports, request);
  }

  @Answers(uploadStatusQuestion)
  status(request: UploadRequest): Promise<UploadOffset> {
    return uploadStatus(this.ports, request);
  }

  @Answers(cancelUploadQuestion)
  cancel(request: UploadRequest): Promise<Empty> {
    return cancelUpload(this.ports, request);
  }

  @Answers(commitUploadQuestion)
  commit(request: CommitUploadRequest): Promise<Empty> {
    return commitUpload(this.ports, request);
  }
}
