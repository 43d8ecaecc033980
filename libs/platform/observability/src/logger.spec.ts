import { describe, expect, it } from '@jest/globals';
import { AccessLog } from './access-log.js';
import { CallerError, EnvironmentFailure, familyOf, isRetryable, logErrorByFamily } from './errors.js';
import { createLogger, type Logger, type LogLevel } from './logger.js';
import { nestLogger } from './nest-logger.js';

type Line = Record<string, unknown>;

function captured(level: LogLevel = 'trace'): { log: Logger; lines: Line[]; texts: string[] } {
  const lines: Line[] = [];
  const texts: string[] = [];
  const write = (text: string): void => {
    texts.push(text);
    lines.push(JSON.parse(text) as Line);
  };
  return { log: createLogger({ level, service: 'test', destination: { write } }), lines, texts };
}

describe('createLogger', () => {
  it('writes one JSON object per line with service, level by name and time', () => {
    const { log, lines, texts } = captured();
    log.info({ digest: 'sha256:a' }, 'pushed\nforged');
    expect(lines).toEqual([
      { level: 'info', time: expect.any(String), service: 'test', digest: 'sha256:a', msg: 'pushed\nforged' },
    ]);
    expect(texts[0]?.trimEnd()).not.toContain('\n');
  });

  it('hides secrets at any depth, in bindings, in errors and inside texts', () => {
    const { log, texts } = captured();
    log
      .child({ token: 'S1' })
      .info({ req: { headers: { Authorization: 'S2', 'set-cookie': ['S3'] } }, dbPassword: 'S4' });
    log.warn({ err: Object.assign(new Error('x'), { config: { accessToken: 'S5' } }) }, 'Bearer S6aaaaaaa was refused');
    log.error({ url: 'postgres://me:S7@db/x', list: [{ clientSecret: 'S8' }] }, 'nats://u:S9@bus');
    const all = texts.join('');
    expect(all).not.toMatch(/S[1-9]/);
    expect(all).toContain('postgres://me:[redacted]@db/x');
  });

  it('lets Nest log through it, errors with their stack', () => {
    const { log, lines } = captured();
    const nest = nestLogger(log);
    nest.log('started', 'NestFactory');
    nest.error('broken', 'Error: broken\n    at x', 'Worker');
    nest.error(new Error('thrown'), 'Worker');
    expect(lines[0]).toMatchObject({ level: 'debug', context: 'NestFactory', msg: 'started' });
    expect(lines[1]).toMatchObject({ level: 'error', context: 'Worker', stack: expect.stringContaining('at x') });
    expect(lines[2]).toMatchObject({ level: 'error', err: { message: 'thrown' } });
  });
});

describe('families of errors', () => {
  it('sorts by who must act, through the chain of causes', () => {
    expect(familyOf(new CallerError('no'))).toBe('caller');
    expect(familyOf(Object.assign(new Error('no'), { status: 404 }))).toBe('caller');
    expect(familyOf(new EnvironmentFailure('down'))).toBe('environment');
    expect(familyOf(new Error('query', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }))).toBe(
      'environment',
    );
    expect(familyOf(new TypeError('x is undefined'))).toBe('bug');
    expect(familyOf('thrown text')).toBe('bug');
  });

  it('ends on a circle of causes', () => {
    const error = new Error('a');
    error.cause = error;
    expect(familyOf(error)).toBe('bug');
  });

  it('retries the environment only, and not where that cannot help', () => {
    expect(isRetryable(new EnvironmentFailure('down'))).toBe(true);
    expect(isRetryable(new EnvironmentFailure('wrong incarnation', { retryable: false }))).toBe(false);
    expect(isRetryable(new CallerError('no'))).toBe(false);
  });

  it('logs each family at its own level', () => {
    const { log, lines } = captured();
    logErrorByFamily(log, new CallerError('bad name'), 'refused', { name: 'n' });
    logErrorByFamily(log, new EnvironmentFailure('down'), 'failed');
    logErrorByFamily(log, new TypeError('oops'), 'failed');
    expect(lines.map(({ level }) => level)).toEqual(['info', 'warn', 'error']);
    expect(lines[0]).toMatchObject({ family: 'caller', reason: 'bad name', name: 'n' });
    expect(lines[2]).toMatchObject({ err: { stack: expect.stringContaining('oops') } });
  });
});

describe('AccessLog', () => {
  it('writes exactly one record per request, even when the process logs only errors', () => {
    const { log, lines } = captured('error');
    let now = 10;
    const entry = new AccessLog(log, () => now).start({ verb: 'pull', requestId: 'r1', address: '::1' });
    entry.set({ principal: 'alice', name: 'apps/web', digest: 'sha256:a' });
    now = 12.5;
    entry.finish({ status: 200, bytes: 7 });
    entry.finish({ status: 500 });
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        service: 'test',
        channel: 'access',
        principal: 'alice',
        verb: 'pull',
        name: 'apps/web',
        digest: 'sha256:a',
        address: '::1',
        outcome: 'ok',
        status: 200,
        bytes: 7,
        durationMs: 2.5,
        requestId: 'r1',
      },
    ]);
  });

  it('cleans and cuts what clients send', () => {
    const { log, lines } = captured();
    new AccessLog(log)
      .start({ verb: 'GET', requestId: 'r', name: `a\r\n{"outcome":"ok"}\u202e${'x'.repeat(2000)}` })
      .finish({ status: 403 });
    const name = String(lines[0]?.name);
    expect(name).not.toMatch(/[\r\n\u202e]/);
    expect(name.length).toBeLessThan(520);
    expect(lines[0]?.outcome).toBe('denied');
  });
});
