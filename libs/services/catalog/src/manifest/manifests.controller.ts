import { Controller, Delete, Get, HttpCode, Param, Query, UseGuards } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentPrincipal, type KeyPrincipal, Requires } from '@entrepot/access';
import { Digest } from '@entrepot/oci';
import { notFound, PageQuery, pageAfter } from '@entrepot/platform-http';
import { ACTIONS } from '@entrepot/policy';
import { ReadOnlyGuard } from '../read-only.guard.js';
import { CatalogPorts } from '../catalog-ports.js';
import { imageAt } from '../image/image-scope.js';
import { asProblem } from '../registry/as-problem.js';
import { repositoryInPath } from '../registry/registry-resource.js';
import { deleteManifest } from './delete-manifest.js';
import { findManifest, listManifests } from './manifest-view.store.js';
import { ManifestDto, ManifestPageDto } from './manifest.dto.js';

const ABSENT = { description: 'The image has no such manifest.' };

@ApiTags('manifests')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/registries/:registryId/repositories/:repositoryId/images/:imageId/manifests')
export class ManifestsController {
  constructor(private readonly ports: CatalogPorts) {}

  @Get()
  @Requires(ACTIONS.ListTags, repositoryInPath)
  @ApiOperation({ summary: 'List the image’s manifests by digest, with the tags on them' })
  @ApiOkResponse({ type: ManifestPageDto })
  @ApiNotFoundResponse({ description: 'The repository has no such image.' })
  async list(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
    @Query() query: PageQuery,
  ): Promise<ManifestPageDto> {
    const { image } = await imageAt(this.ports, principal, { registryId, repositoryId, imageId });
    const read = (after: string, limit: number) => listManifests(this.ports.database, image, after, limit);
    return pageAfter(query, read, ({ digest }) => digest, ManifestDto.of);
  }

  @Get(':digest')
  @Requires(ACTIONS.ShowTag, repositoryInPath)
  @ApiOperation({ summary: 'Show a manifest' })
  @ApiOkResponse({ type: ManifestDto })
  @ApiNotFoundResponse(ABSENT)
  async show(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
    @Param('digest') digest: string,
  ): Promise<ManifestDto> {
    const { image } = await imageAt(this.ports, principal, { registryId, repositoryId, imageId });
    const manifest = await findManifest(this.ports.database, image, Digest.parse(digest).toString());
    if (!manifest) throw notFound('There is no such manifest in this image.');
    return ManifestDto.of(manifest);
  }

  @Delete(':digest')
  @HttpCode(204)
  @Requires(ACTIONS.DeleteTag, repositoryInPath)
  @ApiOperation({ summary: 'Delete a manifest and every tag on it' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse(ABSENT)
  @ApiConflictResponse({ description: 'A lock covers it, or an index needs it: the message names it.' })
  async delete(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
    @Param('digest') digest: string,
  ): Promise<void> {
    const { scope } = await imageAt(this.ports, principal, { registryId, repositoryId, imageId });
    await asProblem(deleteManifest(this.ports, { ...scope, digest }));
  }
}
