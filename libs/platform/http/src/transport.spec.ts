import { X509Certificate, createHash, generateKeyPairSync, sign } from 'node:crypto';
import { get as httpsGet } from 'node:https';
import { networkInterfaces } from 'node:os';
import { Controller, Get, Module, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HealthRegistry } from '@entrepot/platform-observability';
import type { FastifyRequest } from 'fastify';
import { healthModule } from './health.controller.js';
import { createHttpApp, type HttpAppOptions } from './http-app.js';
import { isLoopback, plainHttpRefusal } from './plain-http.js';
import { networkProblems } from './trusted-networks.js';

@Controller()
class WhoController {
  @Get('who') who(@Req() request: FastifyRequest): object {
    return { ip: request.ip, protocol: request.protocol };
  }
}

@Module({ imports: [healthModule(new HealthRegistry())], controllers: [WhoController] })
class RootModule {}

let app: NestFastifyApplication | undefined;
afterEach(() => app?.close());

async function started(options: HttpAppOptions, host = '127.0.0.1'): Promise<number> {
  app = await createHttpApp(RootModule, options);
  await app.listen(0, host);
  return (app.getHttpServer().address() as { port: number }).port;
}

const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

describe('HTTPS', () => {
  it('is spoken with the certificate given', async () => {
    const { cert, key } = selfSigned();
    const port = await started({ tls: { cert, key } });
    const body = await new Promise<string>((resolve, reject) => {
      httpsGet(
        { host: '127.0.0.1', port, path: '/who', ca: cert, checkServerIdentity: () => undefined },
        (response) => {
          response.setEncoding('utf8');
          response.on('data', resolve);
        },
      ).on('error', reject);
    });
    expect(JSON.parse(body)).toMatchObject({ protocol: 'https' });
  });
});

describe('trusted proxies', () => {
  it('are believed about address and protocol when their network is named', async () => {
    const port = await started({ trustProxy: ['127.0.0.0/8'] });
    const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' };
    const response = await fetch(`http://127.0.0.1:${port}/who`, { headers });
    expect(await response.json()).toEqual({ ip: '203.0.113.9', protocol: 'https' });
  });
});

describe('networkProblems', () => {
  it('accepts addresses and networks, and refuses names, nonsense and everyone', async () => {
    expect(networkProblems(['10.0.0.0/8', '127.0.0.1', 'fd00::/8', '::1'])).toEqual([]);
    expect(networkProblems(['proxy.local', '10.0.0.0/40', '0.0.0.0/0', '::/0'])).toHaveLength(4);
    await expect(createHttpApp(RootModule, { trustProxy: ['nonsense'] })).rejects.toThrow(
      'Trusted proxies: "nonsense"',
    );
  });
});

describe('httpsOnly', () => {
  it('serves loopback, and refuses what a proxy forwarded from plain HTTP', async () => {
    const port = await started({ httpsOnly: true, trustProxy: ['127.0.0.1'] });
    const ask = (proto?: string) =>
      fetch(`http://127.0.0.1:${port}/who`, {
        headers: proto ? { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': proto } : {},
      });
    expect((await ask()).status).toBe(200);
    expect((await ask('https')).status).toBe(200);
    const refused = await ask('http');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ detail: 'HTTPS is required here.' });
  });

  it('refuses a peer beyond loopback that claims HTTPS, but answers its probe', async () => {
    const host = ownAddress ?? '127.0.0.1';
    const port = await started({ httpsOnly: true }, host);
    // Where the machine has no other address, the header alone marks the request as forwarded.
    const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' };
    expect((await fetch(`http://${host}:${port}/who`, { headers })).status).toBe(403);
    expect((await fetch(`http://${host}:${port}/healthz`, { headers })).status).toBe(200);
  });
});

describe('plainHttpRefusal', () => {
  const open = { host: '0.0.0.0', hasTls: false, trustedProxies: [], allowPlainHttp: false };

  it('refuses plain HTTP beyond loopback with a sentence that says what to do', () => {
    for (const host of ['0.0.0.0', '::', '10.1.2.3', 'registry.example.com', '::ffff:10.0.0.1']) {
      expect(plainHttpRefusal({ ...open, host })).toContain(`Plain HTTP on ${host}`);
    }
  });

  it('allows it on loopback, with TLS, behind a trusted proxy, or by the loud setting', () => {
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', '[::1]', 'localhost', '::ffff:127.0.0.1']) {
      expect(plainHttpRefusal({ ...open, host })).toBeNull();
    }
    expect(plainHttpRefusal({ ...open, hasTls: true })).toBeNull();
    expect(plainHttpRefusal({ ...open, trustedProxies: ['10.0.0.0/8'] })).toBeNull();
    expect(plainHttpRefusal({ ...open, allowPlainHttp: true })).toBeNull();
  });

  it('does not take a name for loopback because it looks like it', () => {
    expect(isLoopback('127.0.0.1.example.com')).toBe(false);
    expect(isLoopback('')).toBe(false);
  });
});

/** A certificate made on the spot (X.509, RFC 5280, the fewest fields), so that no key is kept in the repository. */
function selfSigned(): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex'));
  const name = der(0x30, der(0x31, der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('localhost')))));
  const time = (offset: number) =>
    der(
      0x17,
      Buffer.from(
        new Date(Date.now() + offset)
          .toISOString()
          .replace(/[-:T]|\.\d+/g, '')
          .slice(2),
      ),
    );
  const serial = der(0x02, Buffer.from([1, ...createHash('sha256').update(spki).digest().subarray(0, 8)]));
  const validity = der(0x30, time(-60_000), time(3_600_000));
  const tbs = der(0x30, der(0xa0, der(0x02, Buffer.from([2]))), serial, algorithm, name, validity, name, spki);
  const signature = der(0x03, Buffer.from([0]), sign('sha256', tbs, privateKey));
  const cert = new X509Certificate(der(0x30, tbs, algorithm, signature)).toString();
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
