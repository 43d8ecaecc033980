import { Body, Controller, Delete, Get, Headers, Ip, Module, Post, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import { AccessLog, type AccessRecord, createLogger } from '@entrepot/platform-observability';
import { exchange, exchangedHeaders, type ExchangeRequest } from './exchange.js';
import { createHttpApp } from './http-app.js';

@Controller()
class EchoController {
  @Post('echo') echo(@Body() body: object, @Headers() headers: object, @Ip() ip: string): object {
    return { body, headers, ip };
  }
  @Get('big') big(): string {
    return 'x'.repeat(7 * 1024 * 1024);
  }
  @Delete('cookies') cookies(@Res({ passthrough: true }) reply: FastifyReply): void {
    void reply.headers({ 'set-cookie': ['a=1, x', 'b=2'], connection: 'close', 'x-kept': 'yes' }).status(204);
  }
}

@Module({ controllers: [EchoController] })
class RootModule {}

describe('exchange', () => {
  const records: AccessRecord[] = [];
  let app: NestFastifyApplication;
  beforeAll(async () => {
    const destination = { write: (text: string) => void records.push(JSON.parse(text) as AccessRecord) };
    const accessLog = new AccessLog(createLogger({ level: 'silent', service: 'test', destination }));
    app = await createHttpApp(RootModule, { trustProxy: ['203.0.113.0/24'], accessLog });
  });
  afterAll(() => app.close());

  const ask = (request: Partial<ExchangeRequest>) =>
    exchange(app, { method: 'GET', path: '/', headers: {}, body: '', remoteAddress: '203.0.113.9', ...request });
  const json = (body: string): Record<string, never> =>
    JSON.parse(Buffer.from(body, 'base64').toString()) as Record<string, never>;

  it('carries body, headers and the address of the client, hop-by-hop headers dropped', async () => {
    const reply = await ask({
      method: 'POST',
      path: '/echo?x=1',
      headers: {
        'Content-Type': 'application/json',
        Authorization: 'Bearer x',
        connection: 'keep-alive, x-hop',
        'x-hop': 'gone',
        'x-forwarded-for': '198.51.100.1',
        'content-length': '999',
      },
      body: Buffer.from('{"a":"ä"}').toString('base64'),
    });
    expect(reply.status).toBe(201);
    const seen = json(reply.body) as { body?: object; headers?: Record<string, string>; ip?: string };
    expect(seen).toMatchObject({ body: { a: 'ä' }, ip: '203.0.113.9', headers: { authorization: 'Bearer x' } });
    expect(seen.headers).not.toHaveProperty('x-hop');
    expect(seen.headers).not.toHaveProperty('x-forwarded-for');
  });

  it('is recorded like a request of the network, with the client of the gateway', async () => {
    await ask({ path: '/missing', headers: { 'x-request-id': 'exchanged' } });
    await new Promise((resolve) => setImmediate(resolve));
    const record = records.find(({ requestId }) => requestId === 'exchanged');
    expect(record).toMatchObject({ outcome: 'failed', status: 404, address: '203.0.113.9' });
  });

  it('answers errors with problem+json like the network does', async () => {
    const reply = await ask({ path: '/nowhere', headers: { 'x-request-id': 'r-1' } });
    expect(reply.status).toBe(404);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expect(json(reply.body)).toMatchObject({ requestId: 'r-1' });
  });

  it('keeps several cookies apart and drops hop-by-hop headers of the reply', async () => {
    const reply = await ask({ method: 'DELETE', path: '/cookies' });
    expect(reply).toMatchObject({ status: 204, body: '' });
    expect(reply.headers).not.toHaveProperty('connection');
    expect(exchangedHeaders(reply)).toMatchObject({ 'set-cookie': ['a=1, x', 'b=2'], 'x-kept': 'yes' });
  });

  it('refuses a body over 1 MiB, an odd method and a path that is none', async () => {
    const body = Buffer.alloc(1024 * 1024 + 1).toString('base64');
    expect((await ask({ method: 'POST', path: '/echo', body })).status).toBe(413);
    expect((await ask({ method: 'CONNECT' })).status).toBe(405);
    for (const path of ['http://other/', '//other/', '/a b', '/a\r\nx: y', '']) {
      expect((await ask({ path })).status).toBe(400);
    }
  });

  it('answers 500 instead of a reply over 6 MiB', async () => {
    const reply = await ask({ path: '/big' });
    expect(reply.status).toBe(500);
    expect(json(reply.body)).toMatchObject({ detail: expect.stringContaining('larger than') });
  });
});
