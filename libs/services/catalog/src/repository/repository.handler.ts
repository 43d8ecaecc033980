import { Controller } from '@nestjs/common';
import {
  type EnsureRepositoryReply,
  type EnsureRepositoryRequest,
  ensureRepository as ensureRepositoryQuestion,
} from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { CatalogQuotas } from '../registry/quotas.js';
import { ensureRepository } from './ensure-repository.js';

@Controller()
export class RepositoryHandler {
  constructor(
    private readonly ports: CatalogPorts,
    private readonly quotas: CatalogQuotas,
  ) {}

  @Answers(ensureRepositoryQuestion)
  ensure(request: EnsureRepositoryRequest): Promise<EnsureRepositoryReply> {
    return ensureRepository(this.ports, this.quotas, request);
  }
}
