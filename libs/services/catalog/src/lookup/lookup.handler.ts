import { Controller } from '@nestjs/common';
import { lookup as lookupQuestion, type LookupReply, type LookupRequest } from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { lookup } from './lookup.js';

@Controller()
export class LookupHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(lookupQuestion)
  lookup(request: LookupRequest): Promise<LookupReply> {
    return lookup(this.ports, request);
  }
}
