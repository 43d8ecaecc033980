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
  suspectBlob as suspectBlobQuestion,
  type SuspectBlobRequest,
} from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { blobSources } from './blob-sources.js';
import { deleteBlob } from './delete-blob.js';
import { mountBlob } from './mount-blob.js';
import { ScrubWorker } from '../scrub/scrub.worker.js';
import { suspectBlob } from '../scrub/suspect-blob.js';

@Controller()
export class BlobHandler {
  constructor(
    private readonly ports: CatalogPorts,
    private readonly scrub: ScrubWorker,
  ) {}

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

  @Answers(suspectBlobQuestion)
  async suspect(request: SuspectBlobRequest): Promise<Empty> {
    if (await suspectBlob(this.ports, request)) this.scrub.wake();
    return {};
  }
}
