import { IsArray, IsString, MaxLength } from 'class-validator';
import { defineQuestion } from '../core/contract.js';
import { Actor } from './scope.js';

export class EnsureRepositoryRequest extends Actor {
  @IsString() @MaxLength(32) registryId!: string;
  @IsString() @MaxLength(30) name!: string;
}

export class EnsureRepositoryReply {
  @IsString() repositoryId!: string;
}

export const ensureRepository = defineQuestion(
  'catalog.repository.ensure.v1',
  EnsureRepositoryRequest,
  EnsureRepositoryReply,
  {
    again: 'fenced',
    summary:
      'The repository of that name, made if it is not there and the registry creates repositories on push. The asker has checked that the actor may create it. DENIED when the registry does not, or when a quota refuses.',
  },
);

export class AccountRegistriesRequest {
  @IsString() @MaxLength(36) accountId!: string;
}

export class AccountRegistriesReply {
  /** In byte order, ten at most. */
  @IsArray() @IsString({ each: true }) names!: string[];
}

export const accountRegistries = defineQuestion(
  'catalog.account.registries.v1',
  AccountRegistriesRequest,
  AccountRegistriesReply,
  {
    again: 'freely',
    summary: 'The first registries of an account, for whoever must not remove an account that owns one.',
  },
);
