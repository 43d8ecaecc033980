import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { repositorySrn } from '@entrepot/policy';
import { Labels } from '../registry/labels.js';
import type { Visibility } from '../registry/registry.entity.js';
import { PLAIN_TEXT, PLAIN_TEXT_RULE, REPOSITORY_NAME, REPOSITORY_NAME_RULE } from '../registry/text-rules.js';
import type { Repository, RepositoryState } from './repository.entity.js';

const VISIBILITIES = ['private', 'public'] as const;
const STATES: RepositoryState[] = ['Active', 'Editing', 'Deleting', 'Inactive'];
const VISIBILITY = {
  enum: VISIBILITIES,
  description: '`public`: everybody may pull. Only in a registry that allows public repositories.',
};

export class CreateRepositoryDto {
  @ApiProperty({ pattern: REPOSITORY_NAME.source, example: 'apps', description: 'Unique in the registry; it stays.' })
  @IsString()
  @Matches(REPOSITORY_NAME, { message: REPOSITORY_NAME_RULE })
  name!: string;

  @ApiPropertyOptional({ maxLength: 1000, default: '' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @Matches(PLAIN_TEXT, { message: PLAIN_TEXT_RULE })
  description?: string;

  @ApiPropertyOptional({ ...VISIBILITY, default: 'private' })
  @IsOptional()
  @IsIn(VISIBILITIES)
  visibility?: Visibility;

  @Labels()
  labels?: Record<string, string>;
}

export class UpdateRepositoryDto {
  @ApiPropertyOptional({ maxLength: 1000 })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @Matches(PLAIN_TEXT, { message: PLAIN_TEXT_RULE })
  description?: string;

  @Labels()
  labels?: Record<string, string>;

  @ApiPropertyOptional(VISIBILITY)
  @IsOptional()
  @IsIn(VISIBILITIES)
  visibility?: Visibility;

  @ApiPropertyOptional({
    description:
      'While it is locked nothing in it is deleted, no tag moves, and locks of its images stay as they are. New content may be pushed.',
  })
  @IsOptional()
  @IsBoolean()
  locked?: boolean;
}

export class RepositoryDto {
  @ApiProperty({ example: '0193a0c2d4e97c1f8b2d4f6e8a01c3b5' }) repositoryId!: string;
  @ApiProperty() registryId!: string;
  @ApiProperty({ description: 'How policies name it.' }) srn!: string;
  @ApiProperty({ example: 'apps' }) name!: string;
  @ApiProperty() description!: string;
  @ApiProperty({ enum: STATES, description: 'Inactive: its deletion failed and may be asked for again.' })
  state!: RepositoryState;
  @ApiProperty({ enum: VISIBILITIES }) visibility!: Visibility;
  @ApiProperty() locked!: boolean;
  @ApiProperty({ type: 'integer', description: 'Images, those that a first push is just making among them.' })
  imageCount!: number;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }) labels!: Record<string, string>;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ description: 'An access key.' }) createdBy!: string;
  @ApiProperty({ format: 'date-time' }) modifiedAt!: string;
  @ApiProperty() modifiedBy!: string;

  static of(accountId: string, repository: Repository): RepositoryDto {
    const { repositoryId, registryId, name, description, state, visibility, locked, imageCount, labels } = repository;
    return {
      repositoryId,
      registryId,
      srn: repositorySrn({ accountId, registryId, repositoryId }),
      name,
      description,
      state,
      visibility,
      locked,
      imageCount,
      labels,
      createdAt: repository.createdAt.toISOString(),
      createdBy: repository.createdBy,
      modifiedAt: repository.modifiedAt.toISOString(),
      modifiedBy: repository.modifiedBy,
    };
  }
}

export class RepositoryPageDto {
  @ApiProperty({ type: [RepositoryDto] }) items!: RepositoryDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}
