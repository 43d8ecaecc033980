import { describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import {
  mayHaveRun,
  CommitOutcomeUnknown,
  DatabaseBusy,
  DatabaseUnavailable,
  isConflict,
  isUniqueViolation,
  sqlState,
  translateDatabaseError,
} from './database-errors.js';

const postgresError = (code: string, more: object = {}): Error =>
  Object.assign(new Error('from Postgres'), { code, ...more });
const failedQuery = (cause: Error): Error => new QueryFailedError('SELECT 1', [], cause);

describe('translateDatabaseError', () => {
  it.each([
    ['an administrator ends the connection', postgresError('57P01')],
    ['Postgres is starting', postgresError('57P03')],
    ['there are too many clients', postgresError('53300')],
    ['the server became a standby', postgresError('25006')],
    ['nobody listens', postgresError('ECONNREFUSED')],
    ['the peer resets', postgresError('ECONNRESET')],
    ['the Unix socket is not there', postgresError('ENOENT')],
    ['the connection ends in silence', new Error('Connection terminated unexpectedly')],
    ['the pool is exhausted', new Error('timeout exceeded when trying to connect')],
    ['TypeORM wraps it', failedQuery(postgresError('57P01'))],
  ])('calls the database unavailable when %s', (_, error) => {
    const translated = translateDatabaseError(error);
    expect(translated).toBeInstanceOf(DatabaseUnavailable);
    expect(translated).toMatchObject({ status: 503, retryable: true, retryAfterSeconds: 1 });
    expect((translated as Error).cause).toBe(error);
  });

  it.each(['40001', '40P01', '57014', '55P03'])('calls the database busy for SQLSTATE %s', (code) => {
    expect(translateDatabaseError(failedQuery(postgresError(code)))).toBeInstanceOf(DatabaseBusy);
  });

  it.each([postgresError('23505'), postgresError('42601'), new TypeError('ours'), 'text', null, undefined])(
    'leaves what is not of the environment alone: %p',
    (error) => expect(translateDatabaseError(error)).toBe(error),
  );

  it('keeps an unknown outcome what it is', () => {
    const error = new CommitOutcomeUnknown('?');
    expect(translateDatabaseError(error)).toBe(error);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
  });
});

describe('what a driver error says', () => {
  it('is read through TypeORM and through our own wrapping', () => {
    const deep = translateDatabaseError(failedQuery(postgresError('40P01')));
    expect(sqlState(deep)).toBe('40P01');
    expect(isConflict(deep)).toBe(true);
    expect(isConflict(postgresError('55P03'))).toBe(false);
  });

  it('does not take a socket code of five letters for an SQLSTATE', () => {
    expect(sqlState(postgresError('EPIPE'))).toBeUndefined();
    expect(translateDatabaseError(postgresError('EPIPE'))).toBeInstanceOf(DatabaseUnavailable);
  });

  it('names the unique index', () => {
    const error = failedQuery(postgresError('23505', { constraint: 'registry_name' }));
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, 'registry_name')).toBe(true);
    expect(isUniqueViolation(error, 'another')).toBe(false);
    expect(isUniqueViolation(postgresError('23503'))).toBe(false);
  });
});

describe('mayHaveRun', () => {
  const error = (fields: object, message = 'no') => Object.assign(new Error(message), fields);
  it.each([
    [error({ code: '23505' }), false],
    [error({ code: '57014' }), false],
    [error({ code: 'ECONNREFUSED' }), false],
    [error({}, 'timeout exceeded when trying to connect'), false],
    [error({ code: 'ECONNRESET' }), true],
    [error({ code: '57P01' }), true],
    [error({}, 'Connection terminated unexpectedly'), true],
    [error({}, 'Query read timeout'), true],
    [new DatabaseUnavailable('gone', { cause: error({ code: 'ECONNREFUSED' }) }), false],
  ])('after %s is %s', (failure, may) => {
    expect(mayHaveRun(failure)).toBe(may);
  });
});
