import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { PageQuery } from '@entrepot/platform-http';
import { IsBoolean, IsOptional, IsRFC3339, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { PLAIN_TEXT } from '../text-rules.js';
import type { AccessKeyRow } from './access-key.store.js';
import type { CreatedKey } from './access-keys.service.js';

const DESCRIPTION = { maxLength: 1000 };

export class CreateAccessKeyDto {
  @ApiProperty({ format: 'uuid', description: 'Whose key it is.' })
  @IsUUID()
  userId!: string;

  @ApiPropertyOptional({ ...DESCRIPTION, example: 'The build server' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @Matches(PLAIN_TEXT, { message: 'description holds control characters' })
  description?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'The key is disabled then. Never, unless given.' })
  @IsOptional()
  @IsRFC3339()
  expiresAt?: string;
}

export class UpdateAccessKeyDto {
  @ApiPropertyOptional({ description: 'Disabling is felt within a second, with tokens still alive.' })
  @IsOptional()
  @IsBoolean()
  enabled?: boolean;

  @ApiPropertyOptional(DESCRIPTION)
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  @Matches(PLAIN_TEXT, { message: 'description holds control characters' })
  description?: string;
}

export class AccessKeyQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only keys of this user.' })
  @IsOptional()
  @IsUUID()
  userId?: string;
}

export class AccessKeyDto {
  @ApiProperty({ example: 'EKABCDEFGHIJKLMNOPQR' }) accessKey!: string;
  @ApiProperty() accountId!: string;
  @ApiProperty({ format: 'uuid' }) userId!: string;
  @ApiProperty() userName!: string;
  @ApiProperty() enabled!: boolean;
  @ApiProperty() description!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) expiresAt!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'To within an hour.' })
  lastUsedAt!: string | null;

  static of({ keyId, accountId, userId, userName, enabled, description, ...times }: AccessKeyRow): AccessKeyDto {
    return {
      accessKey: keyId,
      accountId,
      userId,
      userName,
      enabled,
      description,
      createdAt: times.createdAt.toISOString(),
      expiresAt: times.expiresAt?.toISOString() ?? null,
      lastUsedAt: times.lastUsedAt?.toISOString() ?? null,
    };
  }
}

export class CreatedAccessKeyDto extends AccessKeyDto {
  @ApiProperty({ description: 'Told this once: it is not stored and cannot be asked for again.' })
  secretKey!: string;

  static ofCreated({ key, secret }: CreatedKey): CreatedAccessKeyDto {
    return { ...AccessKeyDto.of(key), secretKey: secret };
  }
}

export class AccessKeyPageDto {
  @ApiProperty({ type: [AccessKeyDto] }) items!: AccessKeyDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}
