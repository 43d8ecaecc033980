import { Controller } from '@nestjs/common';
import {
  principalPolicies,
  verifyCredentials,
  type PrincipalIdentity,
  type PrincipalPolicies,
  type PrincipalPoliciesRequest,
  type VerifyCredentialsRequest,
} from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { Database } from '@entrepot/platform-persistence';
import { CredentialsService } from './credentials.service.js';
import { readPrincipalPolicies } from './principal-policies.store.js';

/** Answers who a key belongs to and what it may do. */
@Controller()
export class CredentialsHandler {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly database: Database,
  ) {}

  @Answers(verifyCredentials)
  verify(request: VerifyCredentialsRequest): Promise<PrincipalIdentity> {
    return this.credentials.verify(request);
  }

  @Answers(principalPolicies)
  policies({ principalId }: PrincipalPoliciesRequest): Promise<PrincipalPolicies> {
    return readPrincipalPolicies(this.database, principalId);
  }
}
