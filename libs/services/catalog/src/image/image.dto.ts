import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '@entrepot/platform-http';
import { PLAIN_TEXT, PLAIN_TEXT_RULE } from '../registry/text-rules.js';
import type { ImageView } from './image-view.store.js';

const STATES = ['Active', 'Editing', 'Deleting', 'Inactive'];

export class ImageQuery extends PageQuery {
  @ApiPropertyOptional({ maxLength: 255, description: 'Only the image of exactly this name.', example: 'hello' })
  @IsOptional()
  @IsString()
  @MaxLength(255)
  @Matches(PLAIN_TEXT, { message: PLAIN_TEXT_RULE })
  name?: string;
}

export class UpdateImageDto {
  @ApiPropertyOptional({ maxLength: 1000 })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @Matches(PLAIN_TEXT, { message: PLAIN_TEXT_RULE })
  description?: string;

  @ApiPropertyOptional({
    description: 'While it is locked nothing in it is deleted and no tag moves; new content may be pushed.',
  })
  @IsOptional()
  @IsBoolean()
  locked?: boolean;
}

export class ImageDto {
  @ApiProperty({ example: '0193a0c2d4ea7d2f9c3e5a7f9b12d4c6' }) imageId!: string;
  @ApiProperty() registryId!: string;
  @ApiProperty() repositoryId!: string;
  @ApiProperty({ description: 'Inside the repository; may hold slashes.', example: 'hello' }) name!: string;
  @ApiProperty({
    description:
      'What is pulled on the installation’s own host: registry (with its id outside the default account), repository and image.',
    example: 'demo/apps/hello',
  })
  fullName!: string;
  @ApiProperty() description!: string;
  @ApiProperty({ enum: STATES }) state!: string;
  @ApiProperty() locked!: boolean;
  @ApiProperty({ type: 'integer' }) tagCount!: number;
  @ApiProperty({ type: 'integer', description: 'Some seconds behind.' }) pullCount!: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) lastPulledAt!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ description: 'The access key that pushed first.' }) createdBy!: string;
  @ApiProperty({ format: 'date-time' }) modifiedAt!: string;

  /** A bare registry name means the default account. */
  static of(
    { registryName, repositoryName, ...image }: ImageView,
    { inDefaultAccount }: { inDefaultAccount: boolean },
  ): ImageDto {
    const registry = inDefaultAccount ? registryName : `${registryName}-${image.registryId}`;
    return {
      ...image,
      fullName: `${registry}/${repositoryName}/${image.name}`,
      lastPulledAt: image.lastPulledAt?.toISOString() ?? null,
      createdAt: image.createdAt.toISOString(),
      modifiedAt: image.modifiedAt.toISOString(),
    };
  }
}

export class ImagePageDto {
  @ApiProperty({ type: [ImageDto] }) items!: ImageDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}
