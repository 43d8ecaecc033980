import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentPrincipal, type KeyPrincipal, Requires } from '@entrepot/access';
import { PageQuery, pageAfter } from '@entrepot/platform-http';
import { ACTIONS } from '@entrepot/policy';
import type { FastifyReply } from 'fastify';
import { ReadOnlyGuard } from '../read-only.guard.js';
import { CatalogPorts } from '../catalog-ports.js';
import { CatalogQuotas } from '../registry/quotas.js';
import { registryInPath, repositoryInPath } from '../registry/registry-resource.js';
import { TypedBackQuery } from '../registry/registry.dto.js';
import { findRegistry } from '../registry/registry.store.js';
import { noRegistry } from '../registry/update-registry.js';
import { createRepository } from './create-repository.js';
import { beginDeletion, endRepository } from './delete-repository.js';
import { DeletionWorker } from './deletion.worker.js';
import { CreateRepositoryDto, RepositoryDto, RepositoryPageDto, UpdateRepositoryDto } from './repository.dto.js';
import { findRepository, listRepositories } from './repository.store.js';
import { noRepository, updateRepository } from './update-repository.js';

/** A deletion that takes longer is answered with 202 and goes on by itself. */
const DELETE_WITHIN_MS = 5_000;

@ApiTags('repositories')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/registries/:registryId/repositories')
export class RepositoriesController {
  constructor(
    private readonly ports: CatalogPorts,
    private readonly quotas: CatalogQuotas,
    private readonly deletions: DeletionWorker,
  ) {}

  @Post()
  @Requires(ACTIONS.CreateRepository, registryInPath)
  @ApiOperation({ summary: 'Create a repository, so that images can be pushed into it' })
  @ApiCreatedResponse({ type: RepositoryDto })
  @ApiNotFoundResponse({ description: 'The account has no such registry.' })
  @ApiConflictResponse({
    description: 'The name is taken, a quota is used up, or public repositories are not allowed.',
  })
  async create(
    @CurrentPrincipal() { accountId, principalId: actor }: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Body() { name, description, visibility, labels }: CreateRepositoryDto,
  ): Promise<RepositoryDto> {
    const wanted = {
      name,
      description: description ?? '',
      visibility: visibility ?? 'private',
      labels: labels ?? {},
    };
    const repository = await createRepository(this.ports, this.quotas, { accountId, registryId, actor }, wanted);
    return RepositoryDto.of(accountId, repository);
  }

  @Get()
  @Requires(ACTIONS.ListRepositories, registryInPath)
  @ApiOperation({ summary: 'List the registry’s repositories by name' })
  @ApiOkResponse({ type: RepositoryPageDto })
  @ApiNotFoundResponse({ description: 'The account has no such registry.' })
  async list(
    @CurrentPrincipal() { accountId }: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Query() query: PageQuery,
  ): Promise<RepositoryPageDto> {
    const { database } = this.ports;
    if (!(await findRegistry(database, accountId, registryId))) throw noRegistry();
    return pageAfter(
      query,
      (after, limit) => listRepositories(database, registryId, after, limit),
      ({ name }) => name,
      (repository) => RepositoryDto.of(accountId, repository),
    );
  }

  @Get(':repositoryId')
  @Requires(ACTIONS.ShowRepository, repositoryInPath)
  @ApiOperation({ summary: 'Show a repository' })
  @ApiOkResponse({ type: RepositoryDto })
  @ApiNotFoundResponse({ description: 'The registry has no such repository.' })
  async show(
    @CurrentPrincipal() { accountId }: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
  ): Promise<RepositoryDto> {
    const repository = await findRepository(this.ports.database, accountId, registryId, repositoryId);
    if (!repository) throw noRepository();
    return RepositoryDto.of(accountId, repository);
  }

  @Patch(':repositoryId')
  @Requires(ACTIONS.UpdateRepository, repositoryInPath)
  @ApiOperation({ summary: 'Describe, label, open, close, lock or unlock a repository' })
  @ApiOkResponse({ type: RepositoryDto })
  @ApiNotFoundResponse({ description: 'The registry has no such repository.' })
  @ApiConflictResponse({ description: 'It is being deleted, or public repositories are not allowed.' })
  async update(
    @CurrentPrincipal() { accountId, principalId: actor }: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Body() { description, labels, visibility, locked }: UpdateRepositoryDto,
  ): Promise<RepositoryDto> {
    const request = { accountId, registryId, repositoryId, actor };
    const change = {
      description: description ?? undefined,
      labels: labels ?? undefined,
      visibility: visibility ?? undefined,
      locked: locked ?? undefined,
    };
    return RepositoryDto.of(accountId, await updateRepository(this.ports, request, change));
  }

  @Delete(':repositoryId')
  @HttpCode(204)
  @Requires(ACTIONS.DeleteRepository, repositoryInPath)
  @ApiOperation({ summary: 'Delete a repository with everything in it' })
  @ApiNoContentResponse({ description: 'It is gone.' })
  @ApiAcceptedResponse({ description: 'It is in state Deleting, and gone soon: it held very many images.' })
  @ApiBadRequestResponse({ description: 'The name typed back is another one.' })
  @ApiNotFoundResponse({ description: 'The registry has no such repository.' })
  @ApiConflictResponse({ description: 'It is locked, or something in it.' })
  async delete(
    @CurrentPrincipal() { accountId, principalId: actor }: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Param('repositoryId') repositoryId: string,
    @Query() { name }: TypedBackQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const request = { accountId, registryId, repositoryId, actor };
    await beginDeletion(this.ports, request, name);
    const done = await endRepository(this.ports, request, Date.now() + DELETE_WITHIN_MS);
    this.deletions.wake();
    if (!done) void reply.status(202);
  }
}
