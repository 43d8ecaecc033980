import { Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { ApiConflictResponse, ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, type KeyPrincipal, Requires } from '@entrepot/access';
import { ACTIONS } from '@entrepot/policy';
import { CatalogPorts } from '../catalog-ports.js';
import { ReadOnlyGuard } from '../read-only.guard.js';
import { registryInPath } from '../registry/registry-resource.js';
import { findRegistry } from '../registry/registry.store.js';
import { noRegistry } from '../registry/update-registry.js';
import { RegistryEncryptionDto, RegistryKeyDto } from './encryption.dto.js';
import { RegistryEncryption } from './registry-encryption.js';
import { listKeys } from './registry-key.store.js';
import { rotateRegistryKey } from './rotate-registry-key.js';

const MAX_KEYS = 100;

@ApiTags('encryption')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/registries/:registryId/encryption')
export class RegistryEncryptionController {
  constructor(
    private readonly ports: CatalogPorts,
    private readonly encryption: RegistryEncryption,
  ) {}

  @Get()
  @Requires(ACTIONS.ShowContainerRegistry, registryInPath)
  @ApiOperation({ summary: 'Show whether a registry is encrypted, and which keys it has had' })
  @ApiOkResponse({ type: RegistryEncryptionDto })
  @ApiNotFoundResponse({ description: 'The account has no such registry.' })
  async show(
    @CurrentPrincipal() { accountId }: KeyPrincipal,
    @Param('registryId') registryId: string,
  ): Promise<RegistryEncryptionDto> {
    const { database } = this.ports;
    const registry = await findRegistry(database, accountId, registryId);
    if (!registry) throw noRegistry();
    const keys = await listKeys(database, registryId, MAX_KEYS);
    return { enabled: registry.encrypted, keys: keys.map((key) => RegistryKeyDto.of(key)) };
  }

  @Post('rotate')
  @HttpCode(200)
  @Requires(ACTIONS.UpdateContainerRegistry, registryInPath)
  @ApiOperation({ summary: 'Give a registry a new key for new blobs; what is stored stays readable by the key before' })
  @ApiOkResponse({ type: RegistryEncryptionDto })
  @ApiNotFoundResponse({ description: 'The account has no such registry.' })
  @ApiConflictResponse({ description: 'The registry is not encrypted, or no master key is held.' })
  async rotate(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
  ): Promise<RegistryEncryptionDto> {
    const { accountId, principalId: actor } = principal;
    await rotateRegistryKey(this.ports, this.encryption, { accountId, registryId, actor });
    return this.show(principal, registryId);
  }
}
