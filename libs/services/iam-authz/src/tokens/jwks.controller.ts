import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Public } from '@entrepot/access';
import { tokenKeys, type TokenKeys } from '@entrepot/contracts';
import { Answers } from '@entrepot/platform-messaging';
import { SigningKeys } from './signing-keys.service.js';

/** The public keys of access tokens, for verifiers that are not ours. */
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  @Get('jwks.json')
  @Public()
  // Keys are published five minutes before they sign.
  @Header('cache-control', 'public, max-age=60')
  @ApiOperation({ summary: 'The public keys that access tokens may be signed with (RFC 7517)' })
  jwks(): Promise<TokenKeys> {
    return this.#read();
  }

  @Answers(tokenKeys)
  keysQuestion(): Promise<TokenKeys> {
    return this.#read();
  }

  async #read(): Promise<TokenKeys> {
    return { keys: (await this.keys.published()) as Record<string, unknown>[] };
  }
}
