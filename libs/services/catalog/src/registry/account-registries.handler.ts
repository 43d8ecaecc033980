import { Controller } from '@nestjs/common';
import { accountRegistries, type AccountRegistriesReply, type AccountRegistriesRequest } from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { listRegistries } from './registry.store.js';

/** As many as fit a sentence. */
const TOLD = 10;

/** Tells what an account owns here. */
@Controller()
export class AccountRegistriesHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(accountRegistries)
  async registries({ accountId }: AccountRegistriesRequest): Promise<AccountRegistriesReply> {
    const registries = await listRegistries(this.ports.database, accountId, '', TOLD);
    return { names: registries.map(({ name }) => name) };
  }
}
