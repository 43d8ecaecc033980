import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, ownAccount, Requires, type KeyPrincipal } from '@entrepot/access';
import { PageQuery, pageAfter } from '@entrepot/platform-http';
import { ACTIONS } from '@entrepot/policy';
import { PoliciesService } from './policies.service.js';
import { DecisionDto, PolicyDto, PolicyPageDto, SavePolicyDto, SimulateDto } from './policy.dto.js';
import { SimulateService } from './simulate.service.js';

@ApiTags('policies')
@Controller('api/v1/policies')
export class PoliciesController {
  constructor(
    private readonly policies: PoliciesService,
    private readonly simulation: SimulateService,
  ) {}

  @Post()
  @Requires(ACTIONS.CreatePolicy, ownAccount)
  @ApiOperation({
    summary: 'Create a policy',
    description:
      'Nothing bounds what a policy allows: whoever may change a policy that it has itself, or create policies and attach them, is an administrator of the account.',
  })
  @ApiCreatedResponse({ type: PolicyDto })
  async create(@CurrentPrincipal() { accountId }: KeyPrincipal, @Body() policy: SavePolicyDto): Promise<PolicyDto> {
    return PolicyDto.of(await this.policies.create(accountId, textOf(policy)));
  }

  @Post('simulate')
  @HttpCode(200)
  @Requires(ACTIONS.SimulatePolicy, ownAccount)
  @ApiOperation({ summary: 'Decide "what if", with the reason of every statement' })
  @ApiOkResponse({ type: DecisionDto })
  async simulate(@CurrentPrincipal() { accountId }: KeyPrincipal, @Body() asked: SimulateDto): Promise<DecisionDto> {
    const { userId, document, sourceIp, action, resource } = asked;
    const simulation = {
      userId: userId ?? null,
      document: document ?? null,
      sourceIp: sourceIp ?? null,
      action,
      resource,
    };
    return DecisionDto.of(await this.simulation.simulate(accountId, simulation));
  }

  @Get()
  @Requires(ACTIONS.ListPolicies, ownAccount)
  @ApiOperation({ summary: 'List policies by name, the system’s among them' })
  @ApiOkResponse({ type: PolicyPageDto })
  list(@CurrentPrincipal() { accountId }: KeyPrincipal, @Query() query: PageQuery): Promise<PolicyPageDto> {
    const read = (after: string, limit: number) => this.policies.list(accountId, after, limit);
    return pageAfter(query, read, ({ name }) => name, PolicyDto.of);
  }

  @Get(':policyId')
  @Requires(ACTIONS.ShowPolicy, ownAccount)
  @ApiOperation({ summary: 'Show a policy' })
  @ApiOkResponse({ type: PolicyDto })
  async show(@CurrentPrincipal() { accountId }: KeyPrincipal, @Param('policyId') policyId: string): Promise<PolicyDto> {
    return PolicyDto.of(await this.policies.show(accountId, policyId));
  }

  @Put(':policyId')
  @Requires(ACTIONS.UpdatePolicy, ownAccount)
  @ApiOperation({ summary: 'Replace a policy' })
  @ApiOkResponse({ type: PolicyDto })
  async update(
    @CurrentPrincipal() { accountId }: KeyPrincipal,
    @Param('policyId') policyId: string,
    @Body() policy: SavePolicyDto,
  ): Promise<PolicyDto> {
    return PolicyDto.of(await this.policies.update(accountId, policyId, textOf(policy)));
  }

  @Delete(':policyId')
  @HttpCode(204)
  @Requires(ACTIONS.DeletePolicy, ownAccount)
  @ApiOperation({ summary: 'Delete a policy that no user has' })
  @ApiNoContentResponse()
  delete(@CurrentPrincipal() { accountId }: KeyPrincipal, @Param('policyId') policyId: string): Promise<void> {
    return this.policies.delete(accountId, policyId);
  }
}

function textOf({ name, description, document }: SavePolicyDto) {
  return { name, description: description ?? '', document };
}
