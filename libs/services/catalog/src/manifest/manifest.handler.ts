import { Controller } from '@nestjs/common';
import {
  deleteManifest as deleteManifestQuestion,
  type DeleteManifestRequest,
  type Empty,
  listReferrers as listReferrersQuestion,
  manifestBody as manifestBodyQuestion,
  type ManifestBodyReply,
  type ManifestBodyRequest,
  putManifest as putManifestQuestion,
  type PutManifestReply,
  type PutManifestRequest,
  type ReferrerListReply,
  type ReferrerListRequest,
} from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { deleteManifest } from './delete-manifest.js';
import { listReferrers } from './list-referrers.js';
import { manifestBody } from './manifest-body.js';
import { putManifest } from './put-manifest.js';

@Controller()
export class ManifestHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(manifestBodyQuestion)
  body(request: ManifestBodyRequest): Promise<ManifestBodyReply> {
    return manifestBody(this.ports, request);
  }

  @Answers(putManifestQuestion)
  put(request: PutManifestRequest): Promise<PutManifestReply> {
    return putManifest(this.ports, request);
  }

  @Answers(deleteManifestQuestion)
  delete(request: DeleteManifestRequest): Promise<Empty> {
    return deleteManifest(this.ports, request);
  }

  @Answers(listReferrersQuestion)
  referrers(request: ReferrerListRequest): Promise<ReferrerListReply> {
    return listReferrers(this.ports, request);
  }
}
