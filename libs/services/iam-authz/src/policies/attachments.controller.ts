import { Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, ownAccount, Requires, type KeyPrincipal } from '@entrepot/access';
import { ACTIONS } from '@entrepot/policy';
import { AttachmentsService } from './attachments.service.js';
import { PolicyDto, PolicyPageDto } from './policy.dto.js';

@ApiTags('users')
@Controller('api/v1/users/:userId/policies')
export class AttachmentsController {
  constructor(private readonly attachments: AttachmentsService) {}

  @Get()
  @Requires(ACTIONS.ShowUser, ownAccount)
  @ApiOperation({ summary: 'The policies of a user' })
  @ApiOkResponse({ type: PolicyPageDto })
  async list(@CurrentPrincipal() { accountId }: KeyPrincipal, @Param('userId') userId: string): Promise<PolicyPageDto> {
    const policies = await this.attachments.list(accountId, userId);
    return { items: policies.map(PolicyDto.of), next: null };
  }

  @Put(':policyId')
  @HttpCode(204)
  @Requires(ACTIONS.AttachPolicy, ownAccount)
  @ApiOperation({
    summary: 'Give a user a policy',
    description:
      'Also to oneself, and any policy: whoever may do this is an administrator of the account. Only those of root are root’s alone to change.',
  })
  @ApiNoContentResponse()
  attach(
    @CurrentPrincipal() asker: KeyPrincipal,
    @Param('userId') userId: string,
    @Param('policyId') policyId: string,
  ): Promise<void> {
    return this.attachments.attach(asker, userId, policyId);
  }

  @Delete(':policyId')
  @HttpCode(204)
  @Requires(ACTIONS.DetachPolicy, ownAccount)
  @ApiOperation({ summary: 'Take a policy from a user; felt within a second' })
  @ApiNoContentResponse()
  detach(
    @CurrentPrincipal() asker: KeyPrincipal,
    @Param('userId') userId: string,
    @Param('policyId') policyId: string,
  ): Promise<void> {
    return this.attachments.detach(asker, userId, policyId);
  }
}
