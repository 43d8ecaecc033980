import { IsString, MaxLength } from 'class-validator';
import { defineQuestion } from '../core/contract.js';
import { Empty } from './scope.js';

export class InstallationReply {
  /** The id that the blob store of this installation carries. */
  @IsString() @MaxLength(64) installation!: string;
}

export const findInstallation = defineQuestion('catalog.installation.find.v1', Empty, InstallationReply, {
  again: 'freely',
  summary:
    'Which installation the catalog’s rows are of, by which a gateway knows whether it writes to the same blob store.',
});
