import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, type KeyPrincipal } from '@entrepot/access';

export class WhoamiDto {
  @ApiProperty({ description: 'The access key that was used.' }) principalId!: string;
  @ApiProperty({ description: 'The user whose key it is.' }) name!: string;
  @ApiProperty() accountId!: string;
  @ApiProperty({ type: [String], description: 'Names of the policies in force.' }) policies!: string[];
}

@ApiTags('users')
@Controller('api/v1/whoami')
export class WhoamiController {
  @Get()
  @Authenticated()
  @ApiOperation({ summary: 'Who asks, and under which policies' })
  @ApiOkResponse({ type: WhoamiDto })
  whoami(@CurrentPrincipal() { principalId, name, accountId, policies }: KeyPrincipal): WhoamiDto {
    const names = new Set(policies.statements.map(({ policyName }) => policyName));
    return { principalId, name, accountId, policies: [...names] };
  }
}
