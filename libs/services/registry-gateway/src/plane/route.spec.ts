import { describe, expect, it } from '@jest/globals';
import { routeOf } from './route.js';

describe('the route of a path', () => {
  it.each([
    ['/v2/', { kind: 'ping' }],
    ['/v2', { kind: 'ping' }],
    ['/v2/_catalog', { kind: 'catalog' }],
    ['/v2/a/b/c/manifests/latest', { kind: 'manifest', name: 'a/b/c', reference: 'latest' }],
    ['/v2/a/manifests/b/manifests/sha256:00', { kind: 'manifest', name: 'a/manifests/b', reference: 'sha256:00' }],
    ['/v2/a/b/blobs/sha256%3A00', { kind: 'blob', name: 'a/b', digest: 'sha256:00' }],
    ['/v2/a/b/blobs/uploads/', { kind: 'uploads', name: 'a/b' }],
    ['/v2/a/b/blobs/uploads', { kind: 'uploads', name: 'a/b' }],
    ['/v2/a/b/blobs/uploads/0123', { kind: 'upload', name: 'a/b', uploadId: '0123' }],
    ['/v2/a/blobs/blobs/uploads/x', { kind: 'upload', name: 'a/blobs', uploadId: 'x' }],
    ['/v2/a/b/tags/list', { kind: 'tags', name: 'a/b' }],
    ['/v2/a/b/referrers/sha256:00', { kind: 'referrers', name: 'a/b', digest: 'sha256:00' }],
  ])('%s', (path, route) => {
    expect(routeOf(path)).toEqual(route);
  });

  it.each([
    '/v2/a',
    '/v2/a/b',
    '/v2/a/b/tags/other',
    '/v2/manifests/latest',
    '/v2/a/b/unknown/x',
    '/v2//',
    '/v2/blobs/uploads/',
  ])('%s leads nowhere', (path) => {
    expect(routeOf(path)).toBeNull();
  });

  it.each([
    '/v2/a%2fb/manifests/latest',
    '/v2/a/b%00/tags/list',
    '/v2/a/%2e%2e/b/tags/list',
    '/v2/a/b/manifests/%zz',
    `/v2/${'a/'.repeat(600)}tags/list`,
  ])('refuses %s', (path) => {
    expect(() => routeOf(path)).toThrow(
      expect.objectContaining({ code: 'NAME_INVALID', status: 400 }) as unknown as Error,
    );
  });
});
