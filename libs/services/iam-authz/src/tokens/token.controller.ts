import { Body, Controller, Get, Header, HttpCode, Post, Query, Req, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { audienceOfHost, parseBasic, Public, registryOfHost } from '@entrepot/access';
import { oci } from '@entrepot/oci';
import { badRequest, noteAccess, ProblemException } from '@entrepot/platform-http';
import type { FastifyRequest } from 'fastify';
import { IamHosts } from '../iam-hosts.js';
import { TokenErrorFilter } from './token-error.filter.js';
import { readGet, readPost, type TokenRequest } from './token-request.js';
import { TokenService, type IssuedToken, type TokenPlace } from './token.service.js';

type Parameters = Record<string, unknown>;

/** The Docker token protocol: `auth/token.md` (GET) and `auth/oauth.md` (POST) of distribution. Clients need both. */
@ApiExcludeController()
@Controller('token')
@UseFilters(TokenErrorFilter)
@Public()
export class TokenController {
  constructor(
    private readonly tokens: TokenService,
    private readonly hosts: IamHosts,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  async get(@Query() query: Parameters, @Req() request: FastifyRequest) {
    const asked = readGet(query, basicOf(request.headers.authorization));
    const issued = await this.tokens.issue(asked, this.#placeOf(request, asked));
    return { token: issued.token, ...answerOf(issued) };
  }

  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async post(@Body() form: Parameters, @Req() request: FastifyRequest) {
    const asked = readPost(form ?? {});
    const issued = await this.tokens.issue(asked, this.#placeOf(request, asked));
    return { ...answerOf(issued), scope: scopeOf(issued), token_type: 'Bearer' };
  }

  // A token is good for the host that was asked and no other: whoever runs another host can't have ours signed for it.
  #placeOf(request: FastifyRequest, { service, proof }: TokenRequest): TokenPlace {
    // As the client wrote it, or as a trusted proxy says: the same that the data plane reads.
    const { host } = request;
    if (proof.kind === 'password') noteAccess(request, { principal: proof.accessKey, verb: 'token' });
    const audience = audienceOfHost(host);
    const address = registryOfHost(host, this.hosts.config);
    if (audience === null || address === null) {
      throw new ProblemException(421, { detail: 'This installation does not answer for that host.' });
    }
    if (service !== null && service.toLowerCase() !== audience) {
      throw badRequest('service must be the host that is asked.');
    }
    return { audience, host: address, sourceIp: request.ip || null };
  }
}

function basicOf(authorization: string | undefined) {
  if (authorization === undefined || authorization === '') return null;
  const [scheme = '', value = ''] = authorization.split(' ', 2);
  if (scheme.toLowerCase() !== 'basic') throw oci.unauthorized('Use Basic: the access key id and its secret.');
  return parseBasic(value);
}

function answerOf({ token, expiresIn, issuedAt, refreshToken }: IssuedToken) {
  return {
    access_token: token,
    expires_in: expiresIn,
    issued_at: issuedAt,
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
  };
}

function scopeOf({ access }: IssuedToken): string {
  const granted = access.filter(({ actions }) => actions.length > 0);
  return granted.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
}
