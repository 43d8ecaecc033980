import { applyDecorators, Controller, Get, Head, Header, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@entrepot/access';
import { CONTENT_SECURITY_POLICY } from './content-security-policy.js';

/** Injection token of the page's text. */
export const PAGE = Symbol('page');

const PAGE_HEADERS = () =>
  applyDecorators(
    Header('content-type', 'text/html; charset=utf-8'),
    Header('content-security-policy', CONTENT_SECURITY_POLICY),
    Header('cache-control', 'no-cache'),
  );

/** The one page, the same for everybody. */
@ApiExcludeController()
@Controller()
export class PageController {
  constructor(@Inject(PAGE) private readonly page: string) {}

  @Get()
  @Public()
  @PAGE_HEADERS()
  show(): string {
    return this.page;
  }

  /** What GET answers; the server leaves the body out (RFC 9110 §9.3.2). */
  @Head()
  @Public()
  @PAGE_HEADERS()
  head(): string {
    return this.page;
  }
}
