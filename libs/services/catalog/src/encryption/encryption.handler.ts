import { Controller } from '@nestjs/common';
import {
  findRegistryKey,
  type KeyCanariesReply,
  type RegistryKeyReply,
  type RegistryKeyRequest,
  registryKeyCanaries,
} from '@entrepot/contracts';
import { oci } from '@entrepot/oci';
import { Answers } from '@entrepot/platform-messaging';
import { CatalogPorts } from '../catalog-ports.js';
import { canaries, findKey } from './registry-key.store.js';

/** As many as the contract lets through; an installation has two while it rotates. */
const MAX_CANARIES = 100;

/** Gives gateways wrapped keys. */
@Controller()
export class EncryptionHandler {
  constructor(private readonly ports: CatalogPorts) {}

  @Answers(findRegistryKey)
  async find({ registryId, keyId }: RegistryKeyRequest): Promise<RegistryKeyReply> {
    const row = await findKey(this.ports.database, registryId, keyId);
    if (!row) throw oci.nameUnknown('there is no such registry');
    const { encrypted, masterKeyId, wrapped } = row;
    if (row.keyId === null || masterKeyId === null || wrapped === null) return { encrypted, key: null };
    return { encrypted, key: { keyId: row.keyId, masterKeyId, wrapped } };
  }

  @Answers(registryKeyCanaries)
  async canaries(): Promise<KeyCanariesReply> {
    return { canaries: await canaries(this.ports.database, MAX_CANARIES) };
  }
}
