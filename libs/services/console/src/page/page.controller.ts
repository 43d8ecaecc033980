import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@entrepot/access';
import { CONTENT_SECURITY_POLICY } from './content-security-policy.js';

/** Injection token of the page's text. */
export const PAGE = Symbol('page');

/** The one page, the same for everybody. */
@ApiExcludeController()
@Controller()
export class PageController {
  constructor(@Inject(PAGE) private readonly page: string) {}

  @Get()
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', CONTENT_SECURITY_POLICY)
  @Header('cache-control', 'no-cache')
  show(): string {
    return this.page;
  }
}
