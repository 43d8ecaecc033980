import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, ownAccount, Requires, type KeyPrincipal } from '@entrepot/access';
import { PageQuery, pageAfter } from '@entrepot/platform-http';
import { ACTIONS } from '@entrepot/policy';
import { CreateUserDto, UserDto, UserPageDto } from './user.dto.js';
import { UsersService } from './users.service.js';

@ApiTags('users')
@Controller('api/v1/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Post()
  @Requires(ACTIONS.CreateUser, ownAccount)
  @ApiOperation({ summary: 'Create a user' })
  @ApiCreatedResponse({ type: UserDto })
  async create(@CurrentPrincipal() { accountId }: KeyPrincipal, @Body() { name }: CreateUserDto): Promise<UserDto> {
    return UserDto.of(await this.users.create(accountId, name));
  }

  @Get()
  @Requires(ACTIONS.ListUsers, ownAccount)
  @ApiOperation({ summary: 'List users by name' })
  @ApiOkResponse({ type: UserPageDto })
  list(@CurrentPrincipal() { accountId }: KeyPrincipal, @Query() query: PageQuery): Promise<UserPageDto> {
    const read = (after: string, limit: number) => this.users.list(accountId, after, limit);
    return pageAfter(query, read, ({ name }) => name, UserDto.of);
  }

  @Get(':userId')
  @Requires(ACTIONS.ShowUser, ownAccount)
  @ApiOperation({ summary: 'Show a user' })
  @ApiOkResponse({ type: UserDto })
  async show(@CurrentPrincipal() { accountId }: KeyPrincipal, @Param('userId') userId: string): Promise<UserDto> {
    return UserDto.of(await this.users.show(accountId, userId));
  }

  @Delete(':userId')
  @HttpCode(204)
  @Requires(ACTIONS.DeleteUser, ownAccount)
  @ApiOperation({ summary: 'Delete a user and its access keys' })
  @ApiNoContentResponse()
  delete(@CurrentPrincipal() { accountId }: KeyPrincipal, @Param('userId') userId: string): Promise<void> {
    return this.users.delete(accountId, userId);
  }
}
