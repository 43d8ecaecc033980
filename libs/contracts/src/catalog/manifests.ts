import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MAX_MEDIA_TYPE_LENGTH } from '@entrepot/oci';
import { defineQuestion } from '../core/contract.js';
import { Nullable } from '../core/nullable.js';
import { Empty, ImageScope } from './scope.js';

export class ManifestBodyRequest {
  @IsString() registryId!: string;
  @IsString() imageId!: string;
  @IsString() digest!: string;
}

export class ManifestBodyReply {
  /** The exact bytes that were pushed, base64. */
  @IsString() body!: string;
}

export const manifestBody = defineQuestion('catalog.manifest.body.v1', ManifestBodyRequest, ManifestBodyReply, {
  again: 'freely',
  summary:
    'The bytes of a live manifest. They are immutable: the asker may keep them by digest. MANIFEST_UNKNOWN when it is gone.',
});

/** 4 MiB of manifest, as base64. */
const MAX_BODY_BASE64 = 6 * 1024 * 1024;

export class PutManifestRequest extends ImageScope {
  /** The digest in the URL; null when the client pushed by tag alone. */
  @Nullable() @IsString() @MaxLength(140) digest!: string | null;
  /** The tag in the URL, or those of `?tag=` (distribution-spec main, end-7b). */
  @IsArray() @ArrayMaxSize(100) @IsString({ each: true }) tags!: string[];
  @Nullable() @IsString() @MaxLength(MAX_MEDIA_TYPE_LENGTH) contentType!: string | null;
  @IsString() @MaxLength(MAX_BODY_BASE64) body!: string;
}

export class PutManifestReply {
  @IsString() digest!: string;
  @Nullable() @IsString() subject!: string | null;
  @IsArray() @IsString({ each: true }) tags!: string[];
}

export const putManifest = defineQuestion('catalog.manifest.put.v1', PutManifestRequest, PutManifestReply, {
  again: 'fenced',
  summary: 'Stores a manifest and points tags at it, in one idempotent transaction with its events.',
});

export class DeleteManifestRequest extends ImageScope {
  @IsString() digest!: string;
}

export const deleteManifest = defineQuestion('catalog.manifest.delete.v1', DeleteManifestRequest, Empty, {
  summary: 'Ends a manifest and every tag on it. UNSUPPORTED (405), naming its parents, while a live index needs it.',
});

export class DeleteTagRequest extends ImageScope {
  @IsString() @MaxLength(128) tag!: string;
}

export const deleteTag = defineQuestion('catalog.tag.delete.v1', DeleteTagRequest, Empty, {
  summary: 'Ends a tag; the manifest stays.',
});

export class TagListRequest {
  @IsString() registryId!: string;
  @IsString() imageId!: string;
  @IsInt() @Min(0) @Max(10_000) limit!: number;
  @Nullable() @IsString() @MaxLength(128) after!: string | null;
}

export class TagListReply {
  /** In byte order. */
  @IsArray() @IsString({ each: true }) tags!: string[];
  @IsBoolean() more!: boolean;
}

export const listTags = defineQuestion('catalog.tag.list.v1', TagListRequest, TagListReply, {
  again: 'freely',
  summary: 'A page of current tags after a name, in byte order.',
});

export class ReferrerListRequest {
  @IsString() registryId!: string;
  @IsString() imageId!: string;
  @IsString() digest!: string;
  @Nullable() @IsString() @MaxLength(MAX_MEDIA_TYPE_LENGTH) artifactType!: string | null;
  /** Digest of the last descriptor of the page before. */
  @Nullable() @IsString() after!: string | null;
  @IsInt() @Min(1) @Max(1000) limit!: number;
}

export class ReferrerListReply {
  /** OCI descriptors with `artifactType` and the referring manifest's annotations. */
  @IsArray() @IsObject({ each: true }) descriptors!: Record<string, unknown>[];
  @IsBoolean() more!: boolean;
}

export const listReferrers = defineQuestion('catalog.referrer.list.v1', ReferrerListRequest, ReferrerListReply, {
  again: 'freely',
  summary:
    'A page of the manifests whose subject is the digest; empty when nothing refers. Fallback-tag indexes are included.',
});

/** One image with what a decision about seeing it needs. */
export class ImageListing {
  /** What path-style names begin with: the registry's name, or `<name>-<id>` outside the default account. */
  @IsString() pathSegment!: string;
  @IsString() registryId!: string;
  @IsString() accountId!: string;
  @IsIn(['public', 'private']) registryVisibility!: 'public' | 'private';
  @IsBoolean() publicRepositoriesAllowed!: boolean;
  @IsString() repositoryId!: string;
  @IsString() repositoryName!: string;
  @IsIn(['public', 'private']) repositoryVisibility!: 'public' | 'private';
  @IsString() imageName!: string;
}

export class ImageListRequest {
  /** Null: all registries of the account (path style). */
  @Nullable() @IsString() registryId!: string | null;
  /** Null: the default account. Not read where a registry is named. */
  @Nullable() @IsString() @MaxLength(36) accountId!: string | null;
  /** Full path-style name `registry/repository/image` after which the page begins. */
  @Nullable() @IsString() @MaxLength(512) after!: string | null;
  @IsInt() @Min(1) @Max(1000) limit!: number;
}

export class ImageListReply {
  @IsArray() @ValidateNested({ each: true }) @Type(() => ImageListing) images!: ImageListing[];
  @IsBoolean() more!: boolean;
}

export const listImages = defineQuestion('catalog.image.list.v1', ImageListRequest, ImageListReply, {
  again: 'freely',
  summary:
    'A page of images in byte order of registry, repository and image name, for `_catalog`; the asker leaves out what its caller may not see.',
});
