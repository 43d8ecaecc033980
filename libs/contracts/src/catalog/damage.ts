import { IsString, MaxLength } from 'class-validator';
import { defineQuestion } from '../core/contract.js';
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
