import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '@entrepot/platform-http';
import { type Scan, SCAN_STATES, type ScanState } from './scan.js';

export class ScansQuery extends PageQuery {
  @ApiPropertyOptional({ enum: SCAN_STATES })
  @IsOptional()
  @IsIn(SCAN_STATES)
  state?: ScanState;
}

export class ScanItem {
  @ApiProperty() repository!: string;
  /** Name inside the repository. */
  @ApiProperty() image!: string;
  @ApiProperty() digest!: string;
  @ApiProperty() mediaType!: string;
  @ApiProperty({ type: 'string', nullable: true }) artifactType!: string | null;
  /** Digest that it refers to, when it is a referrer. */
  @ApiProperty({ type: 'string', nullable: true }) subject!: string | null;
  /** Bytes of the manifest, its config and its layers. */
  @ApiProperty({ type: 'integer' }) size!: number;
  @ApiProperty({ enum: SCAN_STATES }) state!: ScanState;
  @ApiProperty({ type: 'string', format: 'date-time' }) pushedAt!: string;
}

export class ScanPage {
  @ApiProperty({ type: [ScanItem] }) items!: ScanItem[];
  /** Cursor of the next page; null at the end. */
  @ApiProperty({ type: 'string', nullable: true }) next!: string | null;
}

export function itemOf(scan: Scan): ScanItem {
  const { repository, image, digest, mediaType, artifactType, subject, size, state, pushedAt } = scan;
  return { repository, image, digest, mediaType, artifactType, subject, size, state, pushedAt: pushedAt.toISOString() };
}
