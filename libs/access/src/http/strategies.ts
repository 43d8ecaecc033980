import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { BasicStrategy } from 'passport-http';
import type { Principal } from '../principals/principal.js';
import { BearerAuthorization, principalOf } from './rest-authentication.js';

/** Names of the strategies, in the order in which they are tried. */
export const REST_STRATEGIES = ['entrepot-basic', 'entrepot-bearer'];

/** An access key's id and its secret. */
@Injectable()
export class BasicKeyStrategy extends PassportStrategy(BasicStrategy, 'entrepot-basic') {
  constructor() {
    super({ passReqToCallback: true });
  }

  // passport-http cuts a secret at its second colon, so the header is read again by our own parser.
  validate(request: FastifyRequest): Promise<Principal> {
    return principalOf(request);
  }
}

/** A token of the token endpoint, with the scope `registry:api:*`. */
@Injectable()
export class BearerTokenStrategy extends PassportStrategy(BearerAuthorization, 'entrepot-bearer') {
  constructor() {
    super({});
  }

  validate(request: FastifyRequest): Promise<Principal> {
    return principalOf(request);
  }
}
