import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsIP, IsObject, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { ALL_ACTIONS, type Action, type Decision } from '@entrepot/policy';
import { PLAIN_TEXT, POLICY_NAME } from '../text-rules.js';
import type { PolicyRow } from './policy.store.js';

const DOCUMENT = {
  type: 'object' as const,
  additionalProperties: true,
  example: {
    Version: '2024-07-01',
    Statement: [{ Effect: 'Allow', Action: ['scr:PullRepositoryImages'], Resource: ['*'] }],
  },
};

export class SavePolicyDto {
  @ApiProperty({ description: '3 to 128 letters, digits and +=,.@-_' })
  @Matches(POLICY_NAME, { message: 'name has 3 to 128 letters, digits and +=,.@-_' })
  name!: string;

  @ApiPropertyOptional({ maxLength: 1000 })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @Matches(PLAIN_TEXT, { message: 'description holds control characters' })
  description?: string;

  @ApiProperty(DOCUMENT)
  @IsObject()
  document!: Record<string, unknown>;
}

export class PolicyDto {
  @ApiProperty() policyId!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Null for a system policy.' }) accountId!: string | null;
  @ApiProperty() name!: string;
  @ApiProperty() description!: string;
  @ApiProperty({ enum: ['SYSTEM_MANAGED', 'USER_DEFINED'] }) type!: string;
  @ApiProperty(DOCUMENT) document!: Record<string, unknown>;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ format: 'date-time' }) modifiedAt!: string;

  static of({ createdAt, modifiedAt, document, ...policy }: PolicyRow): PolicyDto {
    return {
      ...policy,
      document: document as unknown as Record<string, unknown>,
      createdAt: createdAt.toISOString(),
      modifiedAt: modifiedAt.toISOString(),
    };
  }
}

export class PolicyPageDto {
  @ApiProperty({ type: [PolicyDto] }) items!: PolicyDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}

export class SimulateDto {
  @ApiPropertyOptional({ format: 'uuid', description: 'The user whose policies decide; none of them unless given.' })
  @IsOptional()
  @IsUUID()
  userId?: string;

  @ApiPropertyOptional({ ...DOCUMENT, description: 'A policy to try on top of the user’s.' })
  @IsOptional()
  @IsObject()
  document?: Record<string, unknown>;

  @ApiProperty({ enum: ALL_ACTIONS })
  @IsIn(ALL_ACTIONS)
  action!: Action;

  @ApiProperty({ example: 'srn:e::000000000001:::scr:repository/*/*' })
  @IsString()
  @MaxLength(512)
  resource!: string;

  @ApiPropertyOptional({ example: '192.0.2.10' })
  @IsOptional()
  @IsIP()
  sourceIp?: string;
}

export class TraceEntryDto {
  @ApiProperty() policy!: string;
  @ApiProperty() statement!: string;
  @ApiProperty({ enum: ['Allow', 'Deny'] }) effect!: string;
  @ApiProperty() matched!: boolean;
  @ApiProperty({ description: 'One sentence.' }) why!: string;
}

export class DecisionDto {
  @ApiProperty() allowed!: boolean;
  @ApiProperty({ enum: ['allow', 'explicit-deny', 'no-allow'] }) reason!: string;
  @ApiProperty({ type: String, nullable: true }) policy!: string | null;
  @ApiProperty({ type: String, nullable: true }) statement!: string | null;
  @ApiProperty({ type: [TraceEntryDto] }) trace!: TraceEntryDto[];

  static of({ trace, ...decision }: Decision): DecisionDto {
    return { ...decision, trace: [...trace] };
  }
}
