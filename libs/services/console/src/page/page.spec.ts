import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig } from '@entrepot/platform-config';
import { createHttpApp } from '@entrepot/platform-http';
import { ConsoleConfig } from '../console.config.js';
import { ConsoleModule } from '../console.module.js';

let app: NestFastifyApplication | undefined;

async function get(env: Record<string, string> = {}, apiPath?: string) {
  const config = loadConfig(ConsoleConfig, env);
  app = await createHttpApp(ConsoleModule.with({ config, ...(apiPath === undefined ? {} : { apiPath }) }));
  return app.inject({ method: 'GET', url: '/' });
}

const inner = (html: string, tag: string): string => new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)![1]!;

/** Runs the page's script against the few things that it touches. */
function runScript(html: string, href: string): { shown: string[]; plainHidden: boolean; flagsShown: number } {
  const places = [...html.matchAll(/<span data-host="([^"]*)">([^<]*)</g)].map(([, host, text]) => ({
    dataset: { host },
    textContent: text!,
  }));
  const plain = { hidden: true };
  const flags = [...html.matchAll(/<span data-plain-http hidden>/g)].map(() => ({ hidden: true }));
  const document = {
    querySelectorAll: (selector: string) => (selector === '[data-plain-http]' ? flags : places),
    getElementById: (id: string) => (id === 'plain' ? plain : null),
  };
  runInNewContext(inner(html, 'script'), { document, location: new URL(href) });
  return {
    shown: places.map(({ textContent }) => textContent),
    plainHidden: plain.hidden,
    flagsShown: flags.filter(({ hidden }) => !hidden).length,
  };
}

afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe('HEAD /', () => {
  it('answers as GET does, without the body', async () => {
    await get();
    await app!.listen(0, '127.0.0.1');
    const url = await app!.getUrl();
    const [page, head] = await Promise.all([fetch(url), fetch(url, { method: 'HEAD' })]);
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const name of ['content-type', 'content-length', 'content-security-policy', 'cache-control']) {
      expect([name, head.headers.get(name)]).toEqual([name, page.headers.get(name)]);
    }
    await page.text();
  });
});

describe('GET /', () => {
  it('serves an HTML page to everybody', async () => {
    const response = await get();
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.body).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(response.body.match(/<h1>/g)).toHaveLength(1);
    expect(response.body).toContain('<a href="/readyz">');
  });

  it('lets its own style and script run by their digests, and nothing else', async () => {
    const { body, headers } = await get();
    const policy = String(headers['content-security-policy']);
    const digest = (tag: string): string => createHash('sha256').update(inner(body, tag)).digest('base64');
    expect(policy).toContain(`script-src 'sha256-${digest('script')}'`);
    expect(policy).toContain(`style-src 'sha256-${digest('style')}'`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(body).not.toMatch(/ on[a-z]+=| style=/);
  });

  it('loads nothing from anywhere', async () => {
    const { body } = await get();
    expect(body).not.toMatch(/\bsrc=|https?:\/\/|@import|url\(/);
  });

  it('shows the address that the browser asked', async () => {
    const { body } = await get();
    const { shown } = runScript(body, 'http://127.0.0.1:5000/');
    expect(shown.length).toBeGreaterThanOrEqual(5);
    expect(new Set(shown)).toEqual(new Set(['127.0.0.1:5000']));
    expect(body).toContain('<noscript>');
  });

  it('shows the public address where one is configured, with or without a script', async () => {
    const { body } = await get({ ENTREPOT_PUBLIC_URL: 'https://registry.example.com/' });
    expect(inner(body, 'main')).toContain('>registry.example.com</span>/demo/apps/hello:1.0');
    expect(new Set(runScript(body, 'http://10.0.0.7:8080/').shown)).toEqual(new Set(['registry.example.com']));
    expect(body).not.toContain('REGISTRY-HOST');
  });

  it.each([
    ['http://127.0.0.1:5000/', true],
    ['http://localhost:5000/', true],
    ['http://[::1]:5000/', true],
    ['https://registry.example.com/', true],
    ['http://registry.example.com/', false],
    ['http://127.0.0.1.example.com/', false],
  ])('warns of plain HTTP beyond this machine only: %s', async (href, hidden) => {
    const { body } = await get();
    expect(runScript(body, href).plainHidden).toBe(hidden);
  });

  it('tells helm of plain HTTP where the browser came by it', async () => {
    const { body } = await get();
    expect(runScript(body, 'http://127.0.0.1:5000/').flagsShown).toBe(2);
    expect(runScript(body, 'https://registry.example.com/').flagsShown).toBe(0);
  });

  it.each([
    ['https://registry.example.com/', 0],
    ['http://registry.example.com/', 2],
  ])('tells helm of plain HTTP by the public address, however the browser came: %s', async (url, times) => {
    const { body } = await get({ ENTREPOT_PUBLIC_URL: url });
    expect(body).not.toContain('<span data-plain-http');
    expect(inner(body, 'main').match(/ --plain-http$| --plain-http</gm) ?? []).toHaveLength(times);
  });

  it('links to the description of the API only where it is served', async () => {
    expect((await get()).body).not.toContain('OpenAPI');
    await app?.close();
    expect((await get({}, '/api/v1/openapi.json')).body).toContain('<a href="/api/v1/openapi.json">');
  });
});
