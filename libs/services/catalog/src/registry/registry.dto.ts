import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { HostConfig } from '@entrepot/access';
import { registrySrn } from '@entrepot/policy';
import type { RegistryLimits } from '../image/place.store.js';
import { Labels } from './labels.js';
import { OnlyAtCreation } from './only-at-creation.js';
import type { Registry, RegistryState, Visibility } from './registry.entity.js';
import { REGISTRY_NAME, REGISTRY_NAME_RULE } from './text-rules.js';

const VISIBILITIES = ['private', 'public'] as const;
const STATES: RegistryState[] = ['Creating', 'Running', 'Editing', 'Terminating', 'Error', 'Unknown'];
/** Far more than anybody has; a number that would still fit into the counters' column. */
const MAX_LIMIT = 1_000_000_000;

export class EncryptionDto {
  @ApiProperty({ description: 'Blobs are encrypted at rest. Cannot be changed later.' })
  @IsBoolean()
  enabled!: boolean;
}

export class CreateRegistryDto {
  @ApiProperty({ pattern: REGISTRY_NAME.source, example: 'demo', description: 'Unique in the account; it stays.' })
  @IsString()
  @Matches(REGISTRY_NAME, { message: REGISTRY_NAME_RULE })
  name!: string;

  @ApiPropertyOptional({
    enum: VISIBILITIES,
    default: 'private',
    description: '`public`: everybody may pull everything in it. Cannot be changed later.',
  })
  @IsOptional()
  @IsIn(VISIBILITIES)
  visibility?: Visibility;

  @ApiPropertyOptional({
    default: false,
    description: 'Repositories may be public one by one. Cannot be changed later.',
  })
  @IsOptional()
  @IsBoolean()
  publicRepositoriesAllowed?: boolean;

  @ApiPropertyOptional({ default: false, description: 'The first push to a repository makes it.' })
  @IsOptional()
  @IsBoolean()
  createOnPush?: boolean;

  @Labels()
  labels?: Record<string, string>;

  @ApiPropertyOptional({ type: EncryptionDto, description: 'Absent: as the installation has it by default.' })
  @IsOptional()
  @ValidateNested()
  @Type(() => EncryptionDto)
  encryption?: EncryptionDto;
}

const LIMIT = (of: string) => ({
  type: 'integer' as const,
  minimum: 0,
  maximum: MAX_LIMIT,
  nullable: true,
  description: `${of}. Null: the installation's default. Deletes are never refused.`,
});

export class RegistryLimitsDto {
  @ApiPropertyOptional(LIMIT('Repositories in this registry, beside the limit of the account'))
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_LIMIT)
  repositories?: number | null;

  @ApiPropertyOptional(LIMIT('Images per repository'))
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_LIMIT)
  images?: number | null;

  @ApiPropertyOptional(LIMIT('Tags per image'))
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_LIMIT)
  tags?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    nullable: true,
    description:
      'Bytes of blobs in this registry, each content once. Null: no limit. Deletes are never refused; their room is there again when the ' +
      'bytes are released, a day later.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  bytes?: number | null;

  static of({
    repositories = null,
    images = null,
    tags = null,
    bytes = null,
  }: RegistryLimits): Required<RegistryLimitsDto> {
    return { repositories, images, tags, bytes };
  }
}

export class UpdateRegistryDto {
  @ApiPropertyOptional()
  @IsOptional()
  @IsBoolean()
  createOnPush?: boolean;

  @Labels()
  labels?: Record<string, string>;

  @ApiPropertyOptional({ type: RegistryLimitsDto })
  @IsOptional()
  @ValidateNested()
  @Type(() => RegistryLimitsDto)
  limits?: RegistryLimitsDto;

  @OnlyAtCreation()
  name?: never;

  @OnlyAtCreation()
  visibility?: never;

  @OnlyAtCreation()
  publicRepositoriesAllowed?: never;

  @OnlyAtCreation()
  encryption?: never;
}

/** What is deleted for good needs its name. */
export class TypedBackQuery {
  @ApiProperty({ description: 'The name of what is to be deleted, typed back.' })
  @IsString({ message: 'name must repeat the name of what is to be deleted' })
  @MaxLength(255)
  name!: string;
}

export class RegistryHostsDto {
  @ApiProperty({ description: 'On the installation’s own host: the first part of an image’s name.', example: 'demo' })
  path!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Null while the installation has no private domain.' })
  private!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Null while the installation has no public domain.' })
  public!: string | null;
}

/** Where a registry is reached, by the installation's hosts. */
export interface RegistryAddressing {
  hosts: HostConfig;
  /** A bare name in a path leads to this account's registries. */
  defaultAccountId: string;
}

export class RegistryDto {
  @ApiProperty({ example: '0193a0c2d4e87b0f9a1c3e5d7f90b2a4' }) registryId!: string;
  @ApiProperty({ description: 'How policies name it.' }) srn!: string;
  @ApiProperty() accountId!: string;
  @ApiProperty({ example: 'demo' }) name!: string;
  @ApiProperty({ enum: STATES }) state!: RegistryState;
  @ApiProperty({ enum: VISIBILITIES }) visibility!: Visibility;
  @ApiProperty() publicRepositoriesAllowed!: boolean;
  @ApiProperty() createOnPush!: boolean;
  @ApiProperty({ type: EncryptionDto }) encryption!: EncryptionDto;
  @ApiProperty({ type: RegistryHostsDto }) hosts!: RegistryHostsDto;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }) labels!: Record<string, string>;
  @ApiProperty({ type: RegistryLimitsDto }) limits!: Required<RegistryLimitsDto>;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ description: 'An access key.' }) createdBy!: string;
  @ApiProperty({ format: 'date-time' }) modifiedAt!: string;
  @ApiProperty() modifiedBy!: string;

  static of(registry: Registry, addressing: RegistryAddressing): RegistryDto {
    const { registryId, accountId, name, state, visibility, publicRepositoriesAllowed, createOnPush } = registry;
    return {
      registryId,
      srn: registrySrn({ accountId, registryId }),
      accountId,
      name,
      state,
      visibility,
      publicRepositoriesAllowed,
      createOnPush,
      encryption: { enabled: registry.encrypted },
      hosts: hostsOf(registry, addressing),
      labels: registry.labels,
      limits: RegistryLimitsDto.of(registry.limits),
      createdAt: registry.createdAt.toISOString(),
      createdBy: registry.createdBy,
      modifiedAt: registry.modifiedAt.toISOString(),
      modifiedBy: registry.modifiedBy,
    };
  }
}

function hostsOf({ accountId, registryId, name }: Registry, at: RegistryAddressing): RegistryHostsDto {
  const label = `${name}-${registryId}`;
  const hostOf = (kind: 'private' | 'public') => {
    const domain = at.hosts.domains.find((it) => it.kind === kind);
    return domain ? `${label}${domain.suffix}` : null;
  };
  const path = accountId === at.defaultAccountId ? name : label;
  return { path, private: hostOf('private'), public: hostOf('public') };
}

export class RegistryDetailDto extends RegistryDto {
  @ApiProperty({
    type: 'integer',
    description: 'Bytes stored, each content once; what waits for its release is not counted.',
  })
  usageBytes!: number;

  @ApiProperty({ type: 'integer' })
  repositoryCount!: number;
}

export class RegistryPageDto {
  @ApiProperty({ type: [RegistryDto] }) items!: RegistryDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}
