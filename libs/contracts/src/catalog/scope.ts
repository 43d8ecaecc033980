import { IsInt, IsString, MaxLength, Min } from 'class-validator';
import { Nullable } from '../core/nullable.js';

/** Who asks, as told to events and to tag history. The bus carries no credentials. */
export class Actor {
  /** Access key id, or `anonymous`. */
  @IsString() @MaxLength(128) actor!: string;
}

/** The image that a write concerns, as the gateway resolved and authorised it. The catalog checks that the ids still bear the names. */
export class ImageScope extends Actor {
  @IsString() @MaxLength(32) registryId!: string;
  @IsString() @MaxLength(32) repositoryId!: string;
  @IsString() @MaxLength(255) image!: string;
}

export class Empty {}

/** Where an upload stands. */
export class UploadOffset {
  @IsInt() @Min(0) offset!: number;
  @Nullable() @IsString() algorithm!: string | null;
}
