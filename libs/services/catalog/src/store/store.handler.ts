import { Controller } from '@nestjs/common';
import { findInstallation, type InstallationReply } from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { currentIdentity } from './installation.store.js';

/** Tells gateways whose store the blobs are in. */
@Controller()
export class StoreHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(findInstallation)
  async find(): Promise<InstallationReply> {
    const { installation } = await currentIdentity(this.ports.database);
    return { installation };
  }
}
