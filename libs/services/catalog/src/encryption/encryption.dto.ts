import { ApiProperty } from '@nestjs/swagger';
import type { KeyWatchState } from '@entrepot/key-management';
import type { KeyRow, MasterKeyUse } from './registry-key.store.js';

export class RegistryKeyDto {
  @ApiProperty({ example: 'k0193a0c2d4e87b0f' }) keyId!: string;
  @ApiProperty({ description: 'The master key that wraps it.', example: '1f0c9a3b' }) masterKeyId!: string;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ description: 'An access key.' }) createdBy!: string;

  @ApiProperty({ type: String, nullable: true, format: 'date-time', description: 'Null: it seals new blobs.' })
  retiredAt!: string | null;

  static of({ keyId, masterKeyId, createdAt, createdBy, retiredAt }: KeyRow): RegistryKeyDto {
    return {
      keyId,
      masterKeyId,
      createdAt: createdAt.toISOString(),
      createdBy,
      retiredAt: retiredAt?.toISOString() ?? null,
    };
  }
}

export class RegistryEncryptionDto {
  @ApiProperty({ description: 'Chosen when the registry was made.' }) enabled!: boolean;

  @ApiProperty({
    type: [RegistryKeyDto],
    description: 'The newest first, 100 at most. Keys themselves are never told.',
  })
  keys!: RegistryKeyDto[];
}

export class MasterKeyUseDto implements MasterKeyUse {
  @ApiProperty({ example: '1f0c9a3b' }) masterKeyId!: string;
  @ApiProperty({ type: 'integer' }) registries!: number;
  @ApiProperty({ type: 'integer', description: 'Registry keys that it wraps.' }) keys!: number;
}

export class KeyCheckDto {
  @ApiProperty({ type: String, nullable: true, format: 'date-time', description: 'Null: not yet.' })
  checkedAt!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'One sentence. Null: every registry key opens.' })
  problem!: string | null;

  static of({ checkedAt, problem }: KeyWatchState): KeyCheckDto {
    return { checkedAt: checkedAt?.toISOString() ?? null, problem };
  }
}

export class MasterKeysDto {
  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'The one that wraps. Null: this installation holds none, or its key service does not tell now, which `check` says.',
  })
  currentMasterKeyId!: string | null;

  @ApiProperty({ type: [MasterKeyUseDto] }) inUse!: MasterKeyUseDto[];
  @ApiProperty({ type: KeyCheckDto }) check!: KeyCheckDto;

  @ApiProperty({
    type: KeyCheckDto,
    nullable: true,
    description: 'Of the keys held elsewhere. Null: none are watched.',
  })
  escrow!: KeyCheckDto | null;
}

export class ClosedKeyDto {
  @ApiProperty() registryId!: string;
  @ApiProperty() keyId!: string;
  @ApiProperty() masterKeyId!: string;
}

export class RewrapDto {
  @ApiProperty({ description: 'The master key under which everything is to be.' }) masterKeyId!: string;
  @ApiProperty({ type: 'integer', description: 'Keys that this request wrapped anew.' }) rewrapped!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Keys still under another one: ask again until only closed ones are left.',
  })
  remaining!: number;

  @ApiProperty({ type: [ClosedKeyDto], description: 'Keys that did not open, and were left as they are.' })
  closed!: ClosedKeyDto[];
}
