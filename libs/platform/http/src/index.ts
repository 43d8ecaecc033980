export { noteAccess } from './access-log.hook.js';
export { errorResponse, isDataPlane, type ErrorResponse } from './error-response.js';
export { exchange, exchangedHeaders, type ExchangeReply, type ExchangeRequest } from './exchange.js';
export { answerExpectations, awaitsContinue, continueByHand, sendContinue } from './expectations.js';
export { HEALTH_PATHS, HealthController, healthModule } from './health.controller.js';
export { createHttpApp, type HttpAppOptions } from './http-app.js';
export {
  DEFAULT_PAGE_LIMIT,
  decodeCursor,
  encodeCursor,
  MAX_PAGE_LIMIT,
  nextLink,
  pageOf,
  PageQuery,
  type CursorValues,
  type Page,
} from './keyset-page.js';
export { pageAfter } from './page-after.js';
export { openApiDocument } from './open-api.js';
export { isLoopback, plainHttpRefusal, type PlainHttpCase } from './plain-http.js';
export {
  badRequest,
  conflict,
  forbidden,
  notFound,
  ProblemException,
  unauthorized,
  type ProblemBody,
  type ProblemOptions,
} from './problem.exception.js';
export { ProblemFilter } from './problem.filter.js';
export { REQUEST_ID_HEADER, requestIdOf } from './request-id.js';
export { listenProblem, runApp, type ProcessPort, type RunningApp, type RunOptions } from './run-app.js';
export { DEFAULT_TIMEOUTS, type ServerTimeouts, type TlsPem } from './server-options.js';
export { problemValidationPipe, type FieldProblem } from './validation.pipe.js';
export { networkProblems } from './trusted-networks.js';
