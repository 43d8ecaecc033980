import { connect } from 'node:net';
import { Body, Controller, Get, HttpException, Module, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OciError } from '@entrepot/oci';
import {
  AccessLog,
  CallerError,
  createLogger,
  EnvironmentFailure,
  HealthRegistry,
} from '@entrepot/platform-observability';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { noteAccess } from './access-log.hook.js';
import { healthModule } from './health.controller.js';
import { createHttpApp } from './http-app.js';
import { PageQuery } from './keyset-page.js';
import { openApiDocument } from './open-api.js';
import { conflict, unauthorized } from './problem.exception.js';

class NewThing {
  @IsString() @MaxLength(5) name!: string;
  @IsInt() @Min(1) @Max(9) count!: number;
}

const THROWN: Record<string, () => Error> = {
  problem: () => conflict('It is locked.', { type: 'https://e.example/locked', code: 'LOCKED' }),
  login: () => unauthorized('Who are you?', { headers: { 'www-authenticate': 'Bearer realm="x"' } }),
  oci: () => new OciError('NAME_UNKNOWN', 'no such repository'),
  nest: () => new HttpException('gone', 410),
  caller: () => new CallerError('no such verb', { code: 'VERB' }),
  environment: () => new EnvironmentFailure('postgres at 10.0.0.7 is down'),
  bug: () => new TypeError('secretInternals is undefined'),
};

@Controller('things')
class ThingsController {
  @Post() create(@Body() thing: NewThing): object {
    return { isClass: thing instanceof NewThing, ...thing };
  }
  @Get() list(@Query() query: PageQuery): object {
    return query;
  }
  @Get('by/:id') byId(): object {
    return {};
  }
  @Get('throws') throws(@Query('what') what: string): never {
    throw THROWN[what]?.() ?? new Error('unknown case');
  }
}

const health = new HealthRegistry(50);
let databaseUp = true;
health.add('database', async () => {
  if (!databaseUp) throw new Error('connection refused');
});

@Module({ imports: [healthModule(health)], controllers: [ThingsController] })
class RootModule {}

async function dataPlane(fastify: FastifyInstance): Promise<void> {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  const take = async (request: FastifyRequest): Promise<object> => {
    noteAccess(request, { principal: 'alice', verb: 'push', digest: 'sha256:a' });
    let length = 0;
    for await (const chunk of request.body as AsyncIterable<Buffer>) length += chunk.length;
    return { length, name: (request.params as { '*': string })['*'].length };
  };
  for (const url of ['/v2/*', '/plain/*']) fastify.put(url, { bodyLimit: 64 * 1024 * 1024 }, take);
}

describe('an application of createHttpApp', () => {
  const lines: Record<string, unknown>[] = [];
  const write = (text: string): void => void lines.push(JSON.parse(text) as Record<string, unknown>);
  const logger = createLogger({ level: 'warn', service: 'test', destination: { write } });
  let app: NestFastifyApplication;
  let base: string;
  let port: number;

  beforeAll(async () => {
    app = await createHttpApp(RootModule, {
      logger,
      accessLog: new AccessLog(logger),
      plain: dataPlane,
      timeouts: { headersMs: 200, inactivityMs: 400, checkMs: 50 },
    });
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as { port: number }).port;
    base = `http://127.0.0.1:${port}`;
  });
  afterAll(() => app.close());

  const get = (path: string, headers: Record<string, string> = {}) => fetch(base + path, { headers });
  const problem = async (path: string) => {
    const response = await get(path);
    return { response, body: (await response.json()) as Record<string, unknown> };
  };
  const post = (body: string, type = 'application/json') =>
    fetch(`${base}/things`, { method: 'POST', headers: { 'content-type': type }, body });

  it('validates a body into its class', async () => {
    const response = await post('{"name":"a","count":3}');
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ isClass: true, name: 'a', count: 3 });
  });

  it('answers an invalid body with problem+json that points at each wrong field', async () => {
    const response = await post('{"name":"too long","count":0,"extra":1}');
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const body = (await response.json()) as { errors: { pointer: string }[] };
    expect(body.errors.map(({ pointer }) => pointer).sort()).toEqual(['#/count', '#/extra', '#/name']);
  });

  it('refuses malformed JSON, an unknown content type and a body over 1 MiB as problems', async () => {
    for (const [response, status] of [
      [await post('{"name":'), 400],
      [await post('x', 'text/csv'), 415],
      [await post(JSON.stringify({ name: 'x'.repeat(1024 * 1024) })), 413],
    ] as const) {
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(await response.json()).toMatchObject({ status, type: 'about:blank' });
    }
  });

  it('turns the numbers of a query into numbers and bounds them', async () => {
    expect(await (await get('/things?limit=7')).json()).toEqual({ limit: 7 });
    expect(await (await get('/things')).json()).toEqual({ limit: 100 });
    expect((await get('/things?limit=5000')).status).toBe(400);
  });

  it.each([
    ['problem', 409, { type: 'https://e.example/locked', detail: 'It is locked.', code: 'LOCKED', title: 'Conflict' }],
    ['oci', 404, { code: 'NAME_UNKNOWN', detail: 'no such repository', title: 'Not Found' }],
    ['nest', 410, { detail: 'gone', title: 'Gone' }],
    ['caller', 400, { detail: 'no such verb', code: 'VERB' }],
  ])('answers a %s error with its status %i and members', async (what, status, members) => {
    const { response, body } = await problem(`/things/throws?what=${what}`);
    expect(response.status).toBe(status);
    expect(body).toMatchObject({ status, ...members, requestId: response.headers.get('x-request-id') });
  });

  it('sends the headers of a problem', async () => {
    const { response, body } = await problem('/things/throws?what=login');
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="x"');
    expect(body).not.toHaveProperty('headers');
  });

  it('keeps the inside of unexpected errors inside, and logs it with the request id', async () => {
    const { response, body } = await problem('/things/throws?what=bug');
    expect(response.status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secretInternals');
    const line = lines.find(({ level }) => level === 'error');
    expect(line).toMatchObject({ requestId: body.requestId, err: { message: 'secretInternals is undefined' } });
  });

  it('answers a failing environment with 503, to be tried again, and logs a warning', async () => {
    const { response, body } = await problem('/things/throws?what=environment');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
    expect(lines.some(({ level, requestId }) => level === 'warn' && requestId === body.requestId)).toBe(true);
  });

  it('answers unknown routes as a problem, and unknown routes of /v2 in the OCI form', async () => {
    const { response, body } = await problem('/nowhere');
    expect(response.status).toBe(404);
    expect(body).toMatchObject({ status: 404, title: 'Not Found' });
    const v2 = await problem('/v2/nowhere');
    expect(v2.response.status).toBe(404);
    expect(v2.body).toEqual({ errors: [{ code: 'NAME_UNKNOWN', message: expect.any(String) }] });
    expect((await get('/v2x')).headers.get('content-type')).toContain('problem+json');
  });

  it('answers a malformed and an over-long path as errors of their plane', async () => {
    expect((await problem('/things/%zz')).body).toMatchObject({ status: 400 });
    expect((await problem('/v2/%zz')).body).toHaveProperty('errors');
    const { response, body } = await problem(`/things/by/${'a'.repeat(3000)}`);
    expect(response.status).toBe(414);
    expect(body).toMatchObject({ status: 414, requestId: expect.any(String) });
  });

  it('streams a body of the data plane past every parser, whatever its content type', async () => {
    const response = await fetch(`${base}/v2/${'n'.repeat(600)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: Buffer.alloc(3 * 1024 * 1024, 'x'),
    });
    expect(await response.json()).toEqual({ length: 3 * 1024 * 1024, name: 600 });
    expect(response.headers.get('content-security-policy')).toBeNull();
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('puts the security headers on the control plane, errors included', async () => {
    for (const path of ['/things', '/nowhere']) {
      const { headers } = await get(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('repeats a safe request id and replaces any other', async () => {
    const idFor = async (id: string) => (await get('/things', { 'x-request-id': id })).headers.get('x-request-id');
    expect(await idFor('trace-1.a_b')).toBe('trace-1.a_b');
    for (const bad of ['a b', '"quoted"', 'x'.repeat(65), '-rf']) expect(await idFor(bad)).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('has no HEAD route that nobody wrote', async () => {
    expect((await fetch(`${base}/things`, { method: 'HEAD' })).status).toBe(404);
  });

  it('does not believe X-Forwarded-For of a peer that is no trusted proxy', async () => {
    await get('/things?limit=3', { 'x-forwarded-for': '203.0.113.9', 'x-request-id': 'spoof' });
    expect(await recordOf('spoof')).toMatchObject({ address: '127.0.0.1', name: '/things', verb: 'GET', status: 200 });
  });

  it('records each request once, with what its handler learned', async () => {
    await fetch(`${base}/plain/x`, { method: 'PUT', headers: { 'x-request-id': 'push-1' }, body: 'abc' });
    expect(await recordOf('push-1')).toMatchObject({
      principal: 'alice',
      verb: 'push',
      digest: 'sha256:a',
      outcome: 'ok',
    });
    expect(lines.filter(({ requestId }) => requestId === 'push-1')).toHaveLength(1);
  });

  it('leaves the records of the data plane to it', async () => {
    await fetch(`${base}/v2/x`, { method: 'PUT', headers: { 'x-request-id': 'push-2' }, body: 'abc' });
    await fetch(`${base}/plain/x`, { method: 'PUT', headers: { 'x-request-id': 'push-3' }, body: 'abc' });
    await recordOf('push-3');
    expect(lines.some(({ requestId }) => requestId === 'push-2')).toBe(false);
  });

  it('is alive always, and ready only when nothing is missing', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect(await (await get('/readyz')).json()).toEqual({ ready: true, missing: [] });
    databaseUp = false;
    const { response, body } = await problem('/readyz');
    databaseUp = true;
    expect(response.status).toBe(503);
    expect(body).toEqual({ ready: false, missing: [{ name: 'database', reason: 'connection refused' }] });
  });

  it.each([
    [
      'two hosts',
      'GET /things HTTP/1.1\r\nHost: a.example\r\nhost: b.example\r\nConnection: close\r\n\r\n',
      '400',
      'several hosts',
    ],
    [
      'two hosts for the data plane',
      'GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n',
      '400',
      '"errors":[',
    ],
    ['what is no HTTP', 'hello\r\n\r\n', '400', 'not a valid HTTP request'],
    [
      'headers beyond all bounds',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      '431',
      'larger than 16 KiB',
    ],
  ])('refuses %s with a sentence', async (_, text, status, sentence) => {
    const answer = await answerTo(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(sentence);
  });

  it('cuts a client that drips its headers', async () => {
    expect(await lifetimeOf('GET /things HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toBeLessThan(10_000);
  });

  it('cuts an upload on which nothing moves', async () => {
    const head = 'PUT /plain/x HTTP/1.1\r\nHost: x\r\nX-Request-Id: stalled\r\nContent-Length: 100\r\n\r\nabc';
    const lived = await lifetimeOf(head);
    expect(lived).toBeGreaterThan(300);
    expect(lived).toBeLessThan(10_000);
    expect(await recordOf('stalled')).toMatchObject({ outcome: 'aborted' });
  });

  it('describes its controllers as OpenAPI, probes left out', () => {
    const document = openApiDocument(app, { title: 'Things', version: '1' });
    expect(document.info).toMatchObject({ title: 'Things', version: '1' });
    expect(Object.keys(document.paths)).toEqual(['/things', '/things/by/{id}', '/things/throws']);
    expect(JSON.stringify(document.paths['/things']?.get?.parameters)).toContain('"cursor"');
  });

  /** Milliseconds until the server ends a connection on which only this was sent. */
  function lifetimeOf(text: string): Promise<number> {
    const began = Date.now();
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(Date.now() - began));
      socket.resume();
    });
  }

  /** Everything that comes back on a connection on which this was sent. */
  function answerTo(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => (answer += String(chunk)));
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
    });
  }

  async function recordOf(requestId: string): Promise<Record<string, unknown> | undefined> {
    // The record is written when the connection is done with the response, a moment after the client has it.
    for (let tries = 0; tries < 100; tries++) {
      const found = lines.find((line) => line['channel'] === 'access' && line['requestId'] === requestId);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return undefined;
  }
});
