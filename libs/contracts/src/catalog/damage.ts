import { IsInt, IsString, MaxLength, Min } from 'class-validator';
import { defineQuestion } from '../core/contract.js';
import { Nullable } from '../core/nullable.js';
import { Empty } from './scope.js';

export class SuspectBlobRequest {
  @IsString() @MaxLength(32) registryId!: string;
  @IsString() @MaxLength(140) digest!: string;
}

export const suspectBlob = defineQuestion('catalog.blob.suspect.v1', SuspectBlobRequest, Empty, {
  again: 'never',
  summary:
    'A pull met stored bytes of this blob that are wrong or gone: the scrub looks at it before all others. Nothing is judged by it; a blob that is not there is no error.',
});

export class ScrubStatusReply {
  /** Since the live byte that was verified longest ago was; null when nothing is stored. */
  @Nullable() @IsInt() @Min(0) oldestUnverifiedSeconds!: number | null;
  /** After which bytes are to be verified again. */
  @IsInt() @Min(1) intervalSeconds!: number;
  @IsInt() @Min(0) damagedBlobs!: number;
  @IsInt() @Min(0) damagedBytes!: number;
  /** Met by pulls and not looked at yet, or not to be judged now. */
  @IsInt() @Min(0) suspectedBlobs!: number;
}

export const scrubStatus = defineQuestion('catalog.scrub.status.v1', Empty, ScrubStatusReply, {
  again: 'freely',
  summary: 'How far the scrub is behind, and how much is damaged, in the whole installation.',
});
