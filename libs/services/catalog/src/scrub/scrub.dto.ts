import { ApiProperty } from '@nestjs/swagger';
import type { DamagedBlobRow } from './damage.store.js';

export class DamagedBlobDto {
  @ApiProperty({ description: 'Push it again, to any image of the registry, and it is repaired.' }) digest!: string;
  @ApiProperty({ type: 'integer', description: 'Bytes.' }) size!: number;
  @ApiProperty({ description: 'What is wrong with the stored bytes, in one sentence.' }) problem!: string;
  @ApiProperty({ format: 'date-time' }) foundAt!: string;

  @ApiProperty({ type: [String], description: 'Images that have it, as `repository/image`, 100 at most.' })
  images!: string[];

  static of({ foundAt, ...rest }: DamagedBlobRow): DamagedBlobDto {
    return { ...rest, foundAt: foundAt.toISOString() };
  }
}

export class ScrubDto {
  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    description: 'When the byte that was verified longest ago was. Null: nothing is stored, or it is not an hour old.',
  })
  oldestVerifiedAt!: string | null;

  @ApiProperty({ type: [DamagedBlobDto], description: 'Quarantined blobs, those found first first, 100 at most.' })
  damagedBlobs!: DamagedBlobDto[];
}
