import { Controller } from '@nestjs/common';
import { epochs, type Epochs, type EpochsRequest } from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { Database } from '@entrepot/platform-persistence';
import { readEpochs } from './epoch.store.js';

/** Tells whoever missed a beat which accounts changed. */
@Controller()
export class EpochsHandler {
  constructor(private readonly database: Database) {}

  @Answers(epochs)
  changed({ since }: EpochsRequest): Promise<Epochs> {
    return readEpochs(this.database, since);
  }
}
