import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Query, UseGuards } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentPrincipal, type KeyPrincipal, Requires } from '@entrepot/access';
import { ACTIONS } from '@entrepot/policy';
import { ReadOnlyGuard } from '../read-only.guard.js';
import { CatalogPorts } from '../catalog-ports.js';
import { pageAfter } from '@entrepot/platform-http';
import { repositoryInPath } from '../registry/registry-resource.js';
import { DeletionWorker } from '../repository/deletion.worker.js';
import { findRepository } from '../repository/repository.store.js';
import { noRepository } from '../repository/update-repository.js';
import { deleteImage } from './delete-image.js';
import { findImage, listImagesOf } from './image-view.store.js';
import { ImageDto, ImagePageDto, ImageQuery, UpdateImageDto } from './image.dto.js';
import { noImage, updateImage } from './update-image.js';

const ABSENT = { description: 'The repository has no such image.' };

@ApiTags('images')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/registries/:registryId/repositories/:repositoryId/images')
export class ImagesController {
  constructor(
    private readonly ports: CatalogPorts,
    private readonly deletions: DeletionWorker,
  ) {}

  @Get()
  @Requires(ACTIONS.ListImages, repositoryInPath)
  @ApiOperation({ summary: 'List the repository’s images by name; the first push makes an image' })
  @ApiOkResponse({ type: ImagePageDto })
  @ApiNotFoundResponse({ description: 'The registry has no such repository.' })
  async list(
    @CurrentPrincipal() { accountId }: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Query() query: ImageQuery,
  ): Promise<ImagePageDto> {
    const { database } = this.ports;
    if (!(await findRepository(database, accountId, registryId, repositoryId))) throw noRepository();
    const name = query.name ?? null;
    const inDefaultAccount = accountId === this.ports.defaultAccountId;
    return pageAfter(
      query,
      (after, limit) => listImagesOf(database, { registryId, repositoryId }, { name, after, limit }),
      (image) => image.name,
      (image) => ImageDto.of(image, { inDefaultAccount }),
    );
  }

  @Get(':imageId')
  @Requires(ACTIONS.ShowImage, repositoryInPath)
  @ApiOperation({ summary: 'Show an image' })
  @ApiOkResponse({ type: ImageDto })
  @ApiNotFoundResponse(ABSENT)
  async show(
    @CurrentPrincipal() { accountId }: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
  ): Promise<ImageDto> {
    const image = await findImage(this.ports.database, { accountId, registryId, repositoryId, imageId });
    if (!image) throw noImage();
    return ImageDto.of(image, { inDefaultAccount: accountId === this.ports.defaultAccountId });
  }

  @Patch(':imageId')
  @Requires(ACTIONS.UpdateImage, repositoryInPath)
  @ApiOperation({ summary: 'Describe, lock or unlock an image' })
  @ApiOkResponse({ type: ImageDto })
  @ApiNotFoundResponse(ABSENT)
  @ApiConflictResponse({ description: 'Its repository is locked or being deleted.' })
  async update(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
    @Body() { description, locked }: UpdateImageDto,
  ): Promise<ImageDto> {
    await this.show(principal, registryId, repositoryId, imageId);
    const path = { accountId: principal.accountId, registryId, repositoryId, imageId };
    await updateImage(this.ports, path, { description: description ?? null, locked: locked ?? null });
    return this.show(principal, registryId, repositoryId, imageId);
  }

  @Delete(':imageId')
  @HttpCode(204)
  @Requires(ACTIONS.DeleteImage, repositoryInPath)
  @ApiOperation({ summary: 'Delete an image with its digests and tags' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse(ABSENT)
  @ApiConflictResponse({ description: 'It is locked, or its repository, or a digest in it.' })
  async delete(
    @CurrentPrincipal() principal: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Param('imageId') imageId: string,
  ): Promise<void> {
    const { accountId, principalId: actor } = principal;
    await this.show(principal, registryId, repositoryId, imageId);
    await deleteImage(this.ports, { accountId, registryId, repositoryId, imageId, actor });
    this.deletions.wake();
  }
}
