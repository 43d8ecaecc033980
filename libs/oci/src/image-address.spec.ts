import { describe, expect, it } from '@jest/globals';
import { parseImageAddress } from './image-address.js';

const ID = '0123456789abcdef0123456789abcdef';
const invalid = expect.objectContaining({ code: 'NAME_INVALID', status: 400 });

describe('parseImageAddress', () => {
  it('reads registry, repository and image from a path', () => {
    expect(parseImageAddress('demo/apps/web', 'path')).toEqual({ registry: 'demo', repository: 'apps', image: 'web' });
  });

  it('keeps the registry as written when it has its id', () => {
    expect(parseImageAddress(`demo-${ID}/apps/web`, 'path').registry).toBe(`demo-${ID}`);
  });

  it('leaves the registry to the host in host style', () => {
    expect(parseImageAddress('apps/web', 'host')).toEqual({ registry: null, repository: 'apps', image: 'web' });
  });

  it('lets the image hold slashes', () => {
    expect(parseImageAddress('demo/apps/team_a/web.v2/x', 'path').image).toBe('team_a/web.v2/x');
    expect(parseImageAddress('apps/team/web', 'host').image).toBe('team/web');
  });

  it.each([
    ['busybox', 'path', '"busybox" is one part: write <registry>/<repository>/<image>, for example demo/apps/busybox'],
    [
      'apps/busybox',
      'path',
      '"apps/busybox" is two parts: write <registry>/<repository>/<image>, for example demo/apps/busybox',
    ],
    ['busybox', 'host', '"busybox" is one part: write <repository>/<image>, for example apps/busybox'],
  ] as const)('tells what to write instead of %s in %s style', (name, style, message) => {
    expect(() => parseImageAddress(name, style)).toThrow(
      expect.objectContaining({ code: 'NAME_UNKNOWN', status: 404, message }) as never,
    );
  });

  it.each([
    ['demo/apps/../../other/secret', 'path'],
    ['demo//web', 'path'],
    ['demo/apps/', 'path'],
    ['../apps/web', 'path'],
    ['demo/a_b/web', 'path'],
    ['demo/ab/web', 'path'],
    ['de/apps/web', 'path'],
    ['demo-1/apps/web', 'path'],
    ['de.mo/apps/web', 'path'],
    ['ab/web', 'host'],
    ['Apps/web', 'host'],
    ['', 'host'],
    [`demo/apps/${'a'.repeat(246)}`, 'path'],
    [`demo/apps/${'a/'.repeat(500_000)}a`, 'path'],
  ] as const)('refuses %j in %s style', (name, style) => {
    expect(() => parseImageAddress(name, style)).toThrow(invalid as never);
  });
});
