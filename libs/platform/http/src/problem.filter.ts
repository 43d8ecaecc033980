import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { familyOf, logErrorByFamily, type Logger } from '@entrepot/platform-observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorResponse } from './error-response.js';

/** The one place that turns an error into a response, and logs it unless the caller was wrong (the access log tells that). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // A message handler of the same application: its transport answers.
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    answerError(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), this.logger);
  }
}

/** Answers a request with an error. A response that has begun is cut, so that the client can't take it for a whole one. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  if (familyOf(error) !== 'caller') {
    const { id: requestId, method } = request;
    logErrorByFamily(logger, error, 'A request failed', { requestId, method, path: request.url.split('?', 1)[0] });
  }
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const { status, headers, contentType, body } = errorResponse(error, request.url, request.id);
  void reply
    .status(status)
    .headers({ ...headers, 'content-type': contentType })
    .send(body);
}
