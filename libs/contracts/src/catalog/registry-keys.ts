import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsInt, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import { defineQuestion } from '../core/contract.js';
import { Nullable } from '../core/nullable.js';
import { Empty } from './scope.js';

/** A registry's data key, wrapped by a master key: plaintext keys never travel. */
export class WrappedRegistryKey {
  @IsString() @MaxLength(64) keyId!: string;
  @IsString() @MaxLength(200) masterKeyId!: string;
  @IsString() @MaxLength(2000) wrapped!: string;
}

export class RegistryKeyRequest {
  @IsString() @MaxLength(32) registryId!: string;
  /** Null: the one for new blobs. */
  @Nullable() @IsString() @MaxLength(64) keyId!: string | null;
}

export class RegistryKeyReply {
  /** Chosen when the registry was made. */
  @IsBoolean() encrypted!: boolean;
  /** Null when the registry has no such key; encrypted and null together mean that its rows are damaged. */
  @Nullable() @ValidateNested() @Type(() => WrappedRegistryKey) key!: WrappedRegistryKey | null;
}

export const findRegistryKey = defineQuestion('catalog.registry-keys.find.v1', RegistryKeyRequest, RegistryKeyReply, {
  again: 'freely',
  summary:
    'A registry’s data key, wrapped: the gateway unwraps it with the master key that it holds. Retired keys too, since they still open older blobs. NAME_UNKNOWN when there is no such registry.',
});

/** One key of those that a master key wraps, to be tried by whoever must hold that master key. */
export class KeyCanary extends WrappedRegistryKey {
  @IsString() @MaxLength(32) registryId!: string;
  /** How many registries have keys under this master key. */
  @IsInt() @Min(1) registries!: number;
}

export class KeyCanariesReply {
  /** One for each master key in use. */
  @IsArray() @ArrayMaxSize(100) @ValidateNested({ each: true }) @Type(() => KeyCanary) canaries!: KeyCanary[];
}

export const registryKeyCanaries = defineQuestion('catalog.registry-keys.canaries.v1', Empty, KeyCanariesReply, {
  again: 'freely',
  summary: 'One wrapped key for each master key in use, by which a gateway knows whether it holds them all.',
});
