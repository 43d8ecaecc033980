import { describe, it, expect, afterEach, beforeEach } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach } from './unprivileged-account.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'entrepot-account-'));
  mkdirSync(join(folder, 'inner'), { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stranger = { uid: 4_000_000, gid: 4_000_000 };

describe('canReach', () => {
  it('is no for a stranger when a folder above is private', () => {
    chmodSync(folder, 0o700);
    expect(canReach(stranger, join(folder, 'inner'))).toBe(false);
  });

  it('is yes when every folder above lets everyone walk through', () => {
    chmodSync(folder, 0o711);
    expect(canReach(stranger, join(folder, 'inner'))).toBe(canReach(stranger, folder));
  });

  it('is yes without a change of account', () => {
    expect(canReach(null, join(folder, 'inner'))).toBe(true);
  });
});
