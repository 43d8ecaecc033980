import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, ownAccount, Requires, type KeyPrincipal } from '@entrepot/access';
import { ACTIONS } from '@entrepot/policy';
import { pageAfter } from '@entrepot/platform-http';
import {
  AccessKeyDto,
  AccessKeyPageDto,
  AccessKeyQuery,
  CreateAccessKeyDto,
  CreatedAccessKeyDto,
  UpdateAccessKeyDto,
} from './access-key.dto.js';
import { AccessKeysService } from './access-keys.service.js';

@ApiTags('access keys')
@Controller('api/v1/access-keys')
export class AccessKeysController {
  constructor(private readonly keys: AccessKeysService) {}

  @Post()
  @Requires(ACTIONS.CreateAccessKey, ownAccount)
  @ApiOperation({ summary: 'Create an access key; its secret is told once' })
  @ApiCreatedResponse({ type: CreatedAccessKeyDto })
  async create(
    @CurrentPrincipal() asker: KeyPrincipal,
    @Body() { userId, description, expiresAt }: CreateAccessKeyDto,
  ): Promise<CreatedAccessKeyDto> {
    const wanted = { userId, description: description ?? '', expiresAt: expiresAt ? new Date(expiresAt) : null };
    return CreatedAccessKeyDto.ofCreated(await this.keys.create(asker, wanted));
  }

  @Get()
  @Requires(ACTIONS.ListAccessKeys, ownAccount)
  @ApiOperation({ summary: 'List access keys by id' })
  @ApiOkResponse({ type: AccessKeyPageDto })
  list(@CurrentPrincipal() { accountId }: KeyPrincipal, @Query() query: AccessKeyQuery): Promise<AccessKeyPageDto> {
    const read = (after: string, limit: number) => this.keys.list(accountId, query.userId ?? null, after, limit);
    return pageAfter(query, read, ({ keyId }) => keyId, AccessKeyDto.of);
  }

  @Get(':keyId')
  @Requires(ACTIONS.ShowAccessKey, ownAccount)
  @ApiOperation({ summary: 'Show an access key' })
  @ApiOkResponse({ type: AccessKeyDto })
  async show(@CurrentPrincipal() { accountId }: KeyPrincipal, @Param('keyId') keyId: string): Promise<AccessKeyDto> {
    return AccessKeyDto.of(await this.keys.show(accountId, keyId));
  }

  @Patch(':keyId')
  @Requires(ACTIONS.UpdateAccessKey, ownAccount)
  @ApiOperation({ summary: 'Enable, disable or describe an access key' })
  @ApiOkResponse({ type: AccessKeyDto })
  async update(
    @CurrentPrincipal() asker: KeyPrincipal,
    @Param('keyId') keyId: string,
    @Body() change: UpdateAccessKeyDto,
  ): Promise<AccessKeyDto> {
    return AccessKeyDto.of(await this.keys.update(asker, keyId, change));
  }

  @Delete(':keyId')
  @HttpCode(204)
  @Requires(ACTIONS.DeleteAccessKey, ownAccount)
  @ApiOperation({ summary: 'Delete an access key' })
  @ApiNoContentResponse()
  delete(@CurrentPrincipal() asker: KeyPrincipal, @Param('keyId') keyId: string): Promise<void> {
    return this.keys.delete(asker, keyId);
  }
}
