import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentPrincipal, ownAccount, Requires, type KeyPrincipal } from '@entrepot/access';
import { PageQuery, pageAfter } from '@entrepot/platform-http';
import { ACTIONS } from '@entrepot/policy';
import { CreatedAccessKeyDto } from '../access-keys/access-key.dto.js';
import { AccountDto, AccountPageDto, CreateAccountDto, CreatedAccountDto, UpdateAccountDto } from './account.dto.js';
import { AccountsService } from './accounts.service.js';

// The policies of who asks are checked on its own account, so that a condition or a denial holds for the operator too; who the operator is,
// no policy says.
@ApiTags('accounts')
@Controller('api/v1/accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Post()
  @Requires(ACTIONS.CreateAccount, ownAccount)
  @ApiOperation({
    summary: 'Create an account with its root and that user’s first key',
    description: 'For root of the account default alone. The secret is told once.',
  })
  @ApiCreatedResponse({ type: CreatedAccountDto })
  @ApiConflictResponse({ description: 'The name is taken.' })
  async create(
    @CurrentPrincipal() asker: KeyPrincipal,
    @Body() { name }: CreateAccountDto,
  ): Promise<CreatedAccountDto> {
    return CreatedAccountDto.ofCreated(await this.accounts.create(asker, name));
  }

  @Get()
  @Requires(ACTIONS.ListAccounts, ownAccount)
  @ApiOperation({
    summary: 'List accounts by name',
    description: 'Root of the account default sees all, everybody else its own.',
  })
  @ApiOkResponse({ type: AccountPageDto })
  list(@CurrentPrincipal() asker: KeyPrincipal, @Query() query: PageQuery): Promise<AccountPageDto> {
    const read = (after: string, limit: number) => this.accounts.list(asker, after, limit);
    return pageAfter(query, read, ({ name }) => name, AccountDto.of);
  }

  @Get(':accountId')
  @Requires(ACTIONS.ShowAccount, ownAccount)
  @ApiOperation({ summary: 'Show an account', description: 'One’s own; root of the account default may see any.' })
  @ApiOkResponse({ type: AccountDto })
  async show(@CurrentPrincipal() asker: KeyPrincipal, @Param('accountId') accountId: string): Promise<AccountDto> {
    return AccountDto.of(await this.accounts.show(asker, accountId));
  }

  @Patch(':accountId')
  @Requires(ACTIONS.UpdateAccount, ownAccount)
  @ApiOperation({ summary: 'Disable or enable an account', description: 'For root of the account default alone.' })
  @ApiOkResponse({ type: AccountDto })
  @ApiConflictResponse({ description: 'It is the account default.' })
  async update(
    @CurrentPrincipal() asker: KeyPrincipal,
    @Param('accountId') accountId: string,
    @Body() { enabled }: UpdateAccountDto,
  ): Promise<AccountDto> {
    return AccountDto.of(await this.accounts.setEnabled(asker, accountId, enabled));
  }

  @Delete(':accountId')
  @HttpCode(204)
  @Requires(ACTIONS.DeleteAccount, ownAccount)
  @ApiOperation({
    summary: 'Delete an account with its users, access keys and policies',
    description:
      'For root of the account default alone. The account owns no registry any more and has been disabled for ten seconds. Its id is not given again.',
  })
  @ApiNoContentResponse()
  @ApiConflictResponse({ description: 'It owns registries, is enabled, or was disabled only now.' })
  delete(@CurrentPrincipal() asker: KeyPrincipal, @Param('accountId') accountId: string): Promise<void> {
    return this.accounts.delete(asker, accountId);
  }

  @Post(':accountId/root-keys')
  @Requires(ACTIONS.UpdateAccount, ownAccount)
  @ApiOperation({
    summary: 'Create another access key of an account’s root, who has lost its own',
    description: 'For root of the account default alone. The secret is told once.',
  })
  @ApiCreatedResponse({ type: CreatedAccessKeyDto })
  async createRootKey(
    @CurrentPrincipal() asker: KeyPrincipal,
    @Param('accountId') accountId: string,
  ): Promise<CreatedAccessKeyDto> {
    return CreatedAccessKeyDto.ofCreated(await this.accounts.createRootKey(asker, accountId));
  }
}
