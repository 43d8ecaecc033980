import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import type { TagRange } from './tag-view.store.js';

const DIGEST = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export class PointTagDto {
  @ApiProperty({ example: DIGEST, description: 'Of a manifest of this image.' })
  @IsString()
  @MaxLength(140)
  digest!: string;
}

export class TagDto {
  @ApiProperty({ example: '1.0' }) name!: string;
  @ApiProperty({ example: DIGEST }) digest!: string;
  @ApiProperty({ format: 'date-time', description: 'Since when it points there.' }) since!: string;
  @ApiProperty({ description: 'The access key that pointed it there.' }) setBy!: string;

  static of({ name, digest, validFrom, setBy }: TagRange): TagDto {
    return { name, digest, since: validFrom, setBy };
  }
}

export class TagPageDto {
  @ApiProperty({ type: [TagDto] }) items!: TagDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}

export class TagRangeDto {
  @ApiProperty({ example: DIGEST }) digest!: string;
  @ApiProperty({ format: 'date-time' }) validFrom!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: it points there now.' })
  validTo!: string | null;
  @ApiProperty({ description: 'Who pointed it there.' }) setBy!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Who moved it on or deleted it.' }) endedBy!: string | null;
  @ApiProperty({ description: 'Whether the digest is still there, so that the tag can be pointed at it again.' })
  available!: boolean;

  static of({ name: _, ...range }: TagRange): TagRangeDto {
    return range;
  }
}

export class TagHistoryDto {
  @ApiProperty({ type: [TagRangeDto] }) items!: TagRangeDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}
