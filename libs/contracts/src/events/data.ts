import { IsArray, IsIn, IsInt, IsOptional, IsString, Min } from 'class-validator';
import { IsMoment } from '../core/moment.js';
import { Nullable } from '../core/nullable.js';

/** Data of facts about a registry. Facts carry ids and names as they were, digests and the actor; never entities, never URLs that expire. */
export class RegistryFact {
  @IsString() registryId!: string;
  @IsString() registry!: string;
  @IsString() actor!: string;
}

export class RepositoryFact extends RegistryFact {
  @IsString() repositoryId!: string;
  @IsString() repository!: string;
}

export class ImageFact extends RepositoryFact {
  @IsString() imageId!: string;
  /** Name inside the repository; may hold slashes. */
  @IsString() image!: string;
}

export class ImagePushedFact extends ImageFact {
  @IsString() digest!: string;
  @IsString() mediaType!: string;
  @Nullable() @IsString() artifactType!: string | null;
  /** Bytes of the manifest, its config and its layers. */
  @IsInt() @Min(0) size!: number;
  /** Tags that the push set. */
  @IsArray() @IsString({ each: true }) tags!: string[];
  @Nullable() @IsString() subject!: string | null;
}

export class TagFact extends ImageFact {
  @IsString() tag!: string;
  @IsString() digest!: string;
}

export class TagMovedFact extends TagFact {
  @IsString() previousDigest!: string;
}

export class ManifestDeletedFact extends ImageFact {
  @IsString() digest!: string;
  @IsArray() @IsString({ each: true }) tags!: string[];
}

export class ImagePulledFact extends ImageFact {
  @IsString() digest!: string;
  @IsInt() @Min(1) count!: number;
  @IsMoment() lastAt!: string;
}

export class RefusedFact {
  @IsString() registryId!: string;
  @Nullable() @IsString() repository!: string | null;
  @Nullable() @IsString() image!: string | null;
  @IsString() actor!: string;
  @IsString() reason!: string;
  @IsInt() @Min(1) count!: number;
  @IsMoment() lastAt!: string;
}

export class BlobFact extends RegistryFact {
  @IsString() digest!: string;
  @IsInt() @Min(0) size!: number;
}

export class BlobQuarantinedFact extends BlobFact {
  /** One sentence: what is wrong with the stored bytes. */
  @IsString() problem!: string;
}

export class BlobRepairedFact extends BlobFact {
  /** `pushed`: somebody sent the bytes again. `found`: the store has the right ones again, as after a disk was mounted. */
  @IsIn(['pushed', 'found']) by!: 'pushed' | 'found';
}

export class LoginFact {
  /** Access key id as it was given. */
  @IsString() accessKey!: string;
  @Nullable() @IsString() user!: string | null;
  @Nullable() @IsString() sourceIp!: string | null;
  @IsIn(['succeeded', 'denied']) outcome!: 'succeeded' | 'denied';
  @IsOptional() @IsString() reason?: string;
}
