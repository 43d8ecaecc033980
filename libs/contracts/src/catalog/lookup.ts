import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineQuestion } from '../core/contract.js';
import { Nullable } from '../core/nullable.js';

export const LOOKUP_KINDS = ['name', 'manifest', 'blob'] as const;
/** `name`: only where the name leads. `manifest`: by tag or digest. `blob`: by digest, linked to the image. */
export type LookupKind = (typeof LOOKUP_KINDS)[number];

/** A batch never holds more: the reply, at about 1 KiB an answer, stays far below the bus's 8 MiB. */
export const MAX_LOOKUP_BATCH = 256;

/** "What is at this address?" in the caller's own words. Exactly one of `registryId` and `registryName` may be null. */
export class LookupQuestion {
  @IsIn(LOOKUP_KINDS) kind!: LookupKind;
  /** 32 hex digits, from a host name or a `<name>-<id>` path segment. */
  @Nullable() @IsString() @MaxLength(32) registryId!: string | null;
  /** Name in the default account, when there is no id. */
  @Nullable() @IsString() @MaxLength(25) registryName!: string | null;
  @IsString() @MaxLength(255) repository!: string;
  @IsString() @MaxLength(255) image!: string;
  @Nullable() @IsString() @MaxLength(128) tag!: string | null;
  @Nullable() @IsString() @MaxLength(140) digest!: string | null;
}

export class RegistryFacts {
  @IsString() registryId!: string;
  @IsString() accountId!: string;
  @IsString() name!: string;
  @IsIn(['public', 'private']) visibility!: 'public' | 'private';
  @IsBoolean() publicRepositoriesAllowed!: boolean;
  @IsBoolean() createOnPush!: boolean;
  @IsString() state!: string;
}

export class RepositoryFacts {
  @IsString() repositoryId!: string;
  @IsIn(['public', 'private']) visibility!: 'public' | 'private';
  @IsBoolean() locked!: boolean;
  @IsString() state!: string;
}

export class ImageFacts {
  @IsString() imageId!: string;
  @IsBoolean() locked!: boolean;
  @IsString() state!: string;
}

export class ManifestFacts {
  @IsString() digest!: string;
  @IsString() mediaType!: string;
  /** Bytes of the manifest itself. */
  @IsInt() @Min(0) size!: number;
}

export class BlobFacts {
  @IsString() digest!: string;
  @IsInt() @Min(0) size!: number;
  /** Where the store keeps the bytes; only the blob store reads it. Null: they are damaged, and nobody may be told that they are here. */
  @Nullable() @IsObject() location!: Record<string, unknown> | null;
}

/** Facts, not a decision: the gateway decides with the caller's policies. Each is null when not found, and so is all that depends on it. */
export class LookupAnswer {
  @Nullable() @ValidateNested() @Type(() => RegistryFacts) registry!: RegistryFacts | null;
  @Nullable() @ValidateNested() @Type(() => RepositoryFacts) repository!: RepositoryFacts | null;
  @Nullable() @ValidateNested() @Type(() => ImageFacts) image!: ImageFacts | null;
  @Nullable() @ValidateNested() @Type(() => ManifestFacts) manifest!: ManifestFacts | null;
  @Nullable() @ValidateNested() @Type(() => BlobFacts) blob!: BlobFacts | null;
}

export class LookupRequest {
  @IsArray()
  @ArrayMaxSize(MAX_LOOKUP_BATCH)
  @ValidateNested({ each: true })
  @Type(() => LookupQuestion)
  questions!: LookupQuestion[];
}

export class LookupReply {
  @IsArray()
  @ArrayMaxSize(MAX_LOOKUP_BATCH)
  @ValidateNested({ each: true })
  @Type(() => LookupAnswer)
  answers!: LookupAnswer[];
}

export const lookup = defineQuestion('catalog.lookup.v1', LookupRequest, LookupReply, {
  again: 'freely',
  summary: 'Where do these addresses lead? Answers stand in the order of the questions; one SQL statement answers all.',
  batched: true,
});
