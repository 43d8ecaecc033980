import { Controller, Get, Param } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, type KeyPrincipal, Requires } from '@entrepot/access';
import { ACTIONS } from '@entrepot/policy';
import { CatalogPorts } from '../catalog-ports.js';
import { registryInPath } from '../registry/registry-resource.js';
import { findRegistry } from '../registry/registry.store.js';
import { noRegistry } from '../registry/update-registry.js';
import { damagedBlobs, oldestVerified } from './damage.store.js';
import { DamagedBlobDto, ScrubDto } from './scrub.dto.js';

const MAX_BLOBS = 100;
const MAX_IMAGES = 100;

/** What the scrub knows of a registry's bytes. */
@ApiTags('registries')
@Controller('api/v1/registries/:registryId/scrub')
export class ScrubController {
  constructor(private readonly ports: CatalogPorts) {}

  @Get()
  @Requires(ACTIONS.ShowContainerRegistry, registryInPath)
  @ApiOperation({ summary: 'Show when a registry’s bytes were verified, and which of its blobs are damaged' })
  @ApiOkResponse({ type: ScrubDto })
  @ApiNotFoundResponse({ description: 'The account has no such registry.' })
  async show(
    @CurrentPrincipal() { accountId }: KeyPrincipal,
    @Param('registryId') registryId: string,
  ): Promise<ScrubDto> {
    const { database } = this.ports;
    if (!(await findRegistry(database, accountId, registryId))) throw noRegistry();
    const oldest = await oldestVerified(database, registryId);
    const damaged = await damagedBlobs(database, registryId, MAX_BLOBS, MAX_IMAGES);
    return { oldestVerifiedAt: oldest?.toISOString() ?? null, damagedBlobs: damaged.map(DamagedBlobDto.of) };
  }
}
