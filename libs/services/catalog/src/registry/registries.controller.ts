import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, UseGuards } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import {
  CurrentPrincipal,
  HOST_CONFIG,
  type HostConfig,
  type KeyPrincipal,
  ownAccount,
  Requires,
} from '@entrepot/access';
import { PageQuery, pageAfter } from '@entrepot/platform-http';
import { ACTIONS } from '@entrepot/policy';
import { ReadOnlyGuard } from '../read-only.guard.js';
import { CatalogPorts } from '../catalog-ports.js';
import { RegistryEncryption } from '../encryption/registry-encryption.js';
import { createRegistry } from './create-registry.js';
import { deleteRegistry } from './delete-registry.js';
import { CatalogQuotas } from './quotas.js';
import { RegistryPlaces } from './registry-places.js';
import { registryInPath } from './registry-resource.js';
import {
  CreateRegistryDto,
  type RegistryAddressing,
  RegistryDetailDto,
  RegistryDto,
  RegistryPageDto,
  TypedBackQuery,
  UpdateRegistryDto,
} from './registry.dto.js';
import { usageOf } from '../usage/usage.store.js';
import { findRegistry, linkedRepositories, listRegistries } from './registry.store.js';
import { noRegistry, updateRegistry } from './update-registry.js';

@ApiTags('registries')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/registries')
export class RegistriesController {
  readonly #addressing: RegistryAddressing;

  constructor(
    private readonly ports: CatalogPorts,
    private readonly quotas: CatalogQuotas,
    private readonly encryption: RegistryEncryption,
    private readonly places: RegistryPlaces,
    @Inject(HOST_CONFIG) hosts: HostConfig,
  ) {
    this.#addressing = { hosts, defaultAccountId: ports.defaultAccountId };
  }

  @Post()
  @Requires(ACTIONS.CreateContainerRegistry, ownAccount)
  @ApiOperation({ summary: 'Create a registry' })
  @ApiCreatedResponse({ type: RegistryDto })
  @ApiConflictResponse({
    description: 'The name is taken, the account has as many registries as it may, or no master key is held.',
  })
  async create(
    @CurrentPrincipal() { accountId, principalId: actor }: KeyPrincipal,
    @Body() { name, visibility, publicRepositoriesAllowed, createOnPush, labels, encryption }: CreateRegistryDto,
  ): Promise<RegistryDto> {
    const registry = await createRegistry(
      this.ports,
      this.quotas,
      this.encryption,
      this.places,
      { accountId, actor },
      {
        name,
        visibility: visibility ?? 'private',
        publicRepositoriesAllowed: publicRepositoriesAllowed ?? false,
        createOnPush: createOnPush ?? false,
        labels: labels ?? {},
        encrypted: encryption?.enabled,
      },
    );
    return RegistryDto.of(registry, this.#addressing);
  }

  @Get()
  @Requires(ACTIONS.ListContainerRegistries, ownAccount)
  @ApiOperation({ summary: 'List the account’s registries by name' })
  @ApiOkResponse({ type: RegistryPageDto })
  list(@CurrentPrincipal() { accountId }: KeyPrincipal, @Query() query: PageQuery): Promise<RegistryPageDto> {
    const read = (after: string, limit: number) => listRegistries(this.ports.database, accountId, after, limit);
    return pageAfter(
      query,
      read,
      ({ name }) => name,
      (registry) => RegistryDto.of(registry, this.#addressing),
    );
  }

  @Get(':registryId')
  @Requires(ACTIONS.ShowContainerRegistry, registryInPath)
  @ApiOperation({ summary: 'Show a registry, with what it uses' })
  @ApiOkResponse({ type: RegistryDetailDto })
  @ApiNotFoundResponse({ description: 'The account has no such registry.' })
  async show(
    @CurrentPrincipal() { accountId }: KeyPrincipal,
    @Param('registryId') registryId: string,
  ): Promise<RegistryDetailDto> {
    const { database } = this.ports;
    const registry = await findRegistry(database, accountId, registryId);
    if (!registry) throw noRegistry();
    const [usageBytes, { count }] = await Promise.all([
      usageOf(database, registryId),
      linkedRepositories(database, registryId, 1),
    ]);
    return { ...RegistryDto.of(registry, this.#addressing), usageBytes, repositoryCount: count };
  }

  @Patch(':registryId')
  @Requires(ACTIONS.UpdateContainerRegistry, registryInPath)
  @ApiOperation({ summary: 'Change a registry; its name and what it makes public stay as they were created' })
  @ApiOkResponse({ type: RegistryDto })
  @ApiBadRequestResponse({ description: 'Not valid, or settable only at creation.' })
  @ApiNotFoundResponse({ description: 'The account has no such registry.' })
  async update(
    @CurrentPrincipal() { accountId, principalId: actor }: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Body() { createOnPush, labels, limits }: UpdateRegistryDto,
  ): Promise<RegistryDto> {
    const change = { createOnPush: createOnPush ?? undefined, labels: labels ?? undefined, limits: { ...limits } };
    const registry = await updateRegistry(this.ports, { accountId, registryId, actor }, change);
    return RegistryDto.of(registry, this.#addressing);
  }

  @Delete(':registryId')
  @HttpCode(204)
  @Requires(ACTIONS.DeleteContainerRegistry, registryInPath)
  @ApiOperation({ summary: 'Delete a registry without repositories, for good' })
  @ApiNoContentResponse()
  @ApiBadRequestResponse({ description: 'The name typed back is another one.' })
  @ApiNotFoundResponse({ description: 'The account has no such registry.' })
  @ApiConflictResponse({ description: 'Repositories are linked: `repositories` names up to 20 of them.' })
  delete(
    @CurrentPrincipal() { accountId, principalId: actor }: KeyPrincipal,
    @Param('registryId') registryId: string,
    @Query() { name }: TypedBackQuery,
  ): Promise<void> {
    return deleteRegistry(this.ports, { accountId, registryId, actor }, name);
  }
}
