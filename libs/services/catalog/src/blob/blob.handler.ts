import { Controller } from '@nestjs/common';
import {
  blobSources as blobSourcesQuestion,
  type BlobRequest,
  type BlobSourcesReply,
  type BlobSourcesRequest,
  deleteBlob as deleteBlobQuestion,
  type Empty,
  mountBlob as mountBlobQuestion,
  type MountBlobReply,
  type MountBlobRequest,
} from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { blobSources } from './blob-sources.js';
import { deleteBlob } from './delete-blob.js';
import { mountBlob } from './mount-blob.js';

@Controller()
export class BlobHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(mountBlobQuestion)
  mount(request: MountBlobRequest): Promise<MountBlobReply> {
    return mountBlob(this.ports, request);
  }

  @Answers(blobSourcesQuestion)
  sources(request: BlobSourcesRequest): Promise<BlobSourcesReply> {
    return blobSources(this.ports, request);
  }

  @Answers(deleteBlobQuestion)
  delete(request: BlobRequest): Promise<Empty> {
    return deleteBlob(this.ports, request);
  }
}
