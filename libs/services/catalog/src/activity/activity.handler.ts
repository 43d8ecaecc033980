import { Controller } from '@nestjs/common';
import { type Empty, recordActivity as recordActivityQuestion, type RecordActivityRequest } from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { recordActivity } from './record-activity.js';

@Controller()
export class ActivityHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(recordActivityQuestion)
  record(request: RecordActivityRequest): Promise<Empty> {
    return recordActivity(this.ports, request);
  }
}
