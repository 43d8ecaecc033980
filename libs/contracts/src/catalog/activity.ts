import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import { defineQuestion } from '../core/contract.js';
import { IsMoment } from '../core/moment.js';
import { Nullable } from '../core/nullable.js';
import { Empty } from './scope.js';

/** Pulls of one manifest by one principal since the last report. */
export class PullCount {
  @IsString() registryId!: string;
  @IsString() imageId!: string;
  @IsString() digest!: string;
  @IsString() @MaxLength(128) actor!: string;
  @IsInt() @Min(1) count!: number;
  @IsMoment() lastAt!: string;
}

/** Refusals of one principal at one address since the last report. */
export class RefusalCount {
  @IsIn(['pull', 'push']) verb!: 'pull' | 'push';
  @IsString() accountId!: string;
  @IsString() registryId!: string;
  @Nullable() @IsString() @MaxLength(255) repository!: string | null;
  @Nullable() @IsString() @MaxLength(255) image!: string | null;
  @IsString() @MaxLength(128) actor!: string;
  @IsString() @MaxLength(512) reason!: string;
  @IsInt() @Min(1) count!: number;
  @IsMoment() lastAt!: string;
}

export class RecordActivityRequest {
  /** Chosen by the gateway; a report that arrives twice counts once. */
  @IsString() @MaxLength(64) reportId!: string;
  @IsArray() @ArrayMaxSize(2000) @ValidateNested({ each: true }) @Type(() => PullCount) pulls!: PullCount[];
  @IsArray() @ArrayMaxSize(2000) @ValidateNested({ each: true }) @Type(() => RefusalCount) refusals!: RefusalCount[];
}

export const recordActivity = defineQuestion('catalog.activity.record.v1', RecordActivityRequest, Empty, {
  again: 'fenced',
  summary: 'What a gateway let through and refused since its last report: pull counts cost no write per pull.',
});
