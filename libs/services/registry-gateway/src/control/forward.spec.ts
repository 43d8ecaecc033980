import { describe, expect, it } from '@jest/globals';
import { catalogHttp, consoleHttp, iamHttp, metricsHttp, scannerHttp } from '@entrepot/contracts';
import { ownerOf } from './forward.js';

describe('the owner of a control-plane path', () => {
  it.each([
    ['/token', iamHttp],
    ['/.well-known/jwks.json', iamHttp],
    ['/api/v1/access-keys/EK1', iamHttp],
    ['/api/v1/users', iamHttp],
    ['/api/v1/registries/1/repositories', catalogHttp],
    ['/api/v1/registries/1/metrics', metricsHttp],
    ['/api/v1/registries/1/scans', scannerHttp],
    ['/api/v2/registries', null],
    ['/api', null],
    ['/', consoleHttp],
    ['/favicon.ico', null],
  ])('%s', (path, owner) => {
    expect(ownerOf(path)).toBe(owner);
  });
});
