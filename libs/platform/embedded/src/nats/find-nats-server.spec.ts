import { describe, it, expect, afterEach, beforeEach } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer } from './find-nats-server.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'entrepot-nats-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, mode = 0o755): string {
  mkdirSync(join(folder, name));
  const path = join(folder, name, 'nats-server');
  writeFileSync(path, '#!/bin/sh\n', { mode });
  return path;
}

describe('findNatsServer', () => {
  it('prefers the one that is named, then the PATH, then the tools folder', () => {
    const [named, onPath, obtained] = [program('named'), program('path'), program('tools')];
    const toolsDirectory = join(folder, 'tools');
    const PATH = `/nowhere:${join(folder, 'path')}`;
    expect(findNatsServer({ toolsDirectory, environment: { ENTREPOT_NATS_SERVER: named, PATH } })).toBe(named);
    expect(findNatsServer({ toolsDirectory, environment: { PATH } })).toBe(onPath);
    expect(findNatsServer({ toolsDirectory, environment: {} })).toBe(obtained);
  });

  it('answers null rather than something else, when the named one is no program', () => {
    program('tools');
    const ENTREPOT_NATS_SERVER = program('named', 0o644);
    expect(findNatsServer({ toolsDirectory: join(folder, 'tools'), environment: { ENTREPOT_NATS_SERVER } })).toBeNull();
  });
});
