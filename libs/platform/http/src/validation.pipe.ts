import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { badRequest, type ProblemException } from './problem.exception.js';

/** One wrong field: RFC 9457's own example of an extension. `pointer` is a JSON pointer into what was sent. */
export interface FieldProblem {
  detail: string;
  pointer: string;
}

// Nobody mends more fields than this at once, and a body of 1 MiB could be wrong in 100,000 places.
const MAX_ERRORS = 50;

/** Turns plain bodies and queries into their classes, refuses unknown fields, and tells each wrong one in `errors[]`. */
export function problemValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: validationProblem,
  });
}

function validationProblem(errors: ValidationError[]): ProblemException {
  const fields = flatten(errors, '#').slice(0, MAX_ERRORS);
  const detail = fields.length === 1 ? `${fields[0]?.detail}.` : 'Some of what was sent is not valid: see errors.';
  return badRequest(detail, { title: 'Invalid request', errors: fields });
}

function flatten(errors: readonly ValidationError[], parent: string): FieldProblem[] {
  return errors.flatMap(({ property, constraints = {}, children = [] }) => {
    const pointer = `${parent}/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return [...Object.values(constraints).map((detail) => ({ detail, pointer })), ...flatten(children, pointer)];
  });
}
