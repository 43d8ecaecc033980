import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { OciError, type OciErrorCode } from '@entrepot/oci';
import { errorResponse } from '@entrepot/platform-http';
import { familyOf, logErrorByFamily } from '@entrepot/platform-observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IAM_LOGGER, type IamLogger } from '../ports.js';

const CODES: Readonly<Record<number, OciErrorCode>> = {
  401: 'UNAUTHORIZED',
  429: 'TOOMANYREQUESTS',
  503: 'UNAVAILABLE',
};
const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'invalid_client',
  503: 'temporarily_unavailable',
};

/**
 * Refusals of the token endpoint in a body that both kinds of client read: the OCI error list (docker, containerd) and RFC 6749's
 * `error` with its description.
 */
@Catch()
export class TokenErrorFilter implements ExceptionFilter {
  constructor(@Inject(IAM_LOGGER) private readonly logger: IamLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (familyOf(error) !== 'caller') {
      logErrorByFamily(this.logger, error, 'A token could not be issued', { requestId: request.id });
    }
    const { status, headers, body } = errorResponse(error, '/token', request.id);
    const { detail = '', title = '' } = JSON.parse(body) as { detail?: string; title?: string };
    const message = detail || title;
    const code =
      error instanceof OciError ? error.code : (CODES[status] ?? (status >= 500 ? 'UNKNOWN' : 'UNSUPPORTED'));
    void http
      .getResponse<FastifyReply>()
      .status(status)
      .headers(headers)
      .headers(status === 401 ? { 'www-authenticate': 'Basic realm="entrepot", charset="UTF-8"' } : {})
      .header('content-type', 'application/json')
      .send({
        errors: [{ code, message }],
        error: OAUTH_ERRORS[status] ?? 'server_error',
        error_description: message,
      });
  }
}
