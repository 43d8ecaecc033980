import { ApiProperty } from '@nestjs/swagger';
import type { ManifestView } from './manifest-view.store.js';

const DIGEST = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export class ManifestDto {
  @ApiProperty({ example: DIGEST }) digest!: string;
  @ApiProperty({ example: 'application/vnd.oci.image.manifest.v1+json' }) mediaType!: string;
  @ApiProperty({ type: String, nullable: true }) artifactType!: string | null;
  @ApiProperty({ type: 'integer', description: 'Bytes of the manifest itself.' }) size!: number;
  @ApiProperty({ type: 'integer', description: 'Bytes of the manifest and of what it names directly.' })
  totalSize!: number;
  @ApiProperty({ type: String, nullable: true, description: 'The digest that it refers to.' }) subject!: string | null;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }) annotations!: Record<string, string>;
  @ApiProperty() locked!: boolean;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ description: 'An access key.' }) createdBy!: string;
  @ApiProperty({ type: [String], description: 'The tags that point at it: the first 100 in byte order.' })
  tags!: string[];
  @ApiProperty({ type: 'integer' }) tagCount!: number;

  static of(manifest: ManifestView): ManifestDto {
    return { ...manifest, createdAt: manifest.createdAt.toISOString() };
  }
}

export class ManifestPageDto {
  @ApiProperty({ type: [ManifestDto] }) items!: ManifestDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Cursor of the next page.' }) next!: string | null;
}
