import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsInt, IsObject, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import { defineAnnouncement, defineQuestion } from '../core/contract.js';
import { Nullable } from '../core/nullable.js';

export class VerifyCredentialsRequest {
  @IsString() @MaxLength(128) accessKey!: string;
  @IsString() @MaxLength(512) secret!: string;
  /** For rate limits and the login events. */
  @Nullable() @IsString() @MaxLength(64) sourceIp!: string | null;
  /** A login proper (`docker login`), told by an event, as against a request that merely carries Basic. */
  @IsBoolean() login!: boolean;
}

export class PrincipalIdentity {
  /** The access key's id; also the `sub` of its tokens. */
  @IsString() principalId!: string;
  /** The user's name, for logs and events. */
  @IsString() name!: string;
  @IsString() accountId!: string;
}

export const verifyCredentials = defineQuestion(
  'iam-authz.credentials.verify.v1',
  VerifyCredentialsRequest,
  PrincipalIdentity,
  {
    summary:
      'Whose access key is this? UNAUTHORIZED when the key or the secret is wrong or disabled, TOOMANYREQUESTS after too many wrong ones.',
  },
);

export class PrincipalPoliciesRequest {
  @IsString() @MaxLength(128) principalId!: string;
}

export class PolicyText {
  @IsString() id!: string;
  @IsString() name!: string;
  @IsObject() document!: Record<string, unknown>;
}

/** What a principal may do, as of `epoch` of its account. */
export class PrincipalPolicies extends PrincipalIdentity {
  @IsBoolean() enabled!: boolean;
  @IsArray() @ValidateNested({ each: true }) @Type(() => PolicyText) policies!: PolicyText[];
  @IsString() incarnation!: string;
  @IsInt() @Min(0) epoch!: number;
}

export const principalPolicies = defineQuestion(
  'iam-authz.principal.policies.v1',
  PrincipalPoliciesRequest,
  PrincipalPolicies,
  {
    again: 'freely',
    summary:
      'The policies in force for a principal, with the epoch at which they were read. Unknown principal: enabled false, no policies.',
  },
);

/** One account whose IAM changed. */
export class AccountEpoch {
  @IsString() accountId!: string;
  @IsInt() @Min(0) epoch!: number;
}

export class EpochsRequest {
  /** The last sequence heard; 0 asks for all. */
  @IsInt() @Min(0) since!: number;
}

export class Epochs {
  /** Changes when the database was restored, so that an epoch can't repeat. */
  @IsString() incarnation!: string;
  /** Rises by one with each change of any account's IAM. */
  @IsInt() @Min(0) sequence!: number;
  @IsArray() @ValidateNested({ each: true }) @Type(() => AccountEpoch) changed!: AccountEpoch[];
}

export const epochs = defineQuestion('iam-authz.epochs.v1', EpochsRequest, Epochs, {
  again: 'freely',
  summary: 'Which accounts changed since a sequence, and their epochs now.',
});

export const epochBeat = defineAnnouncement(
  'iam-authz.epoch-beat.v1',
  Epochs,
  'Every 200 ms and at each change. Who hears nothing for 1 s asks, and refuses with 503 if it cannot.',
);

export class TokenKeysRequest {}

export class TokenKeys {
  /** JWK Set of the public signing keys (RFC 7517), `kid` = RFC 7638 thumbprint. */
  @IsArray() @IsObject({ each: true }) keys!: Record<string, unknown>[];
}

export const tokenKeys = defineQuestion('iam-authz.token-keys.v1', TokenKeysRequest, TokenKeys, {
  again: 'freely',
  summary: 'The public keys that access tokens may be signed with, those to come included.',
});
