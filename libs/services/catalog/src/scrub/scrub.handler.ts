import { Controller } from '@nestjs/common';
import {
  type Empty,
  scrubStatus as scrubStatusQuestion,
  type ScrubStatusReply,
  suspectBlob as suspectBlobQuestion,
  type SuspectBlobRequest,
} from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { scrubStatus, secondsSince } from './scrub.store.js';
import { ScrubWorker } from './scrub.worker.js';
import { suspectBlob } from './suspect-blob.js';

@Controller()
export class ScrubHandler {
  constructor(
    private readonly ports: CatalogPorts,
    private readonly worker: ScrubWorker,
  ) {}

  @Answers(suspectBlobQuestion)
  async suspect(request: SuspectBlobRequest): Promise<Empty> {
    if (await suspectBlob(this.ports, request)) this.worker.wake();
    return {};
  }

  @Answers(scrubStatusQuestion)
  async status(): Promise<ScrubStatusReply> {
    const { database, clock } = this.ports;
    const { oldestVerifiedAt, ...rest } = await scrubStatus(database);
    const oldestUnverifiedSeconds = oldestVerifiedAt && secondsSince(oldestVerifiedAt, clock());
    return { ...rest, oldestUnverifiedSeconds, intervalSeconds: this.worker.settings.intervalSeconds };
  }
}
