import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { aManifest } from '@entrepot/testing';
import { s3Settings, type Stage } from './stage.js';

const PROGRAM = fileURLToPath(new URL('../../../../catalog/dist/store.js', import.meta.url));

/** `npm run store` beside the running suite. */
export function storeCommand(stage: () => Stage): void {
  /** Resolves to the exit code and to what was printed. */
  function store(verb: string): Promise<{ code: number; said: string }> {
    const { suite, server } = stage();
    const env = {
      PATH: process.env['PATH'],
      ENTREPOT_TEST_RUN: process.env['ENTREPOT_TEST_RUN'],
      ...s3Settings(server),
    };
    const args = [PROGRAM, verb, '--data-dir', suite.dataDirectory];
    return new Promise((resolve) => {
      execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr });
      });
    });
  }

  it('shows whose the store is, and after a restore waits for an operator’s word while pushes and pulls go on', async () => {
    const { root } = stage();
    expect((await store('show')).code).toBe(0);
    expect(await store('renew-incarnation')).toMatchObject({
      code: 0,
      said: expect.stringContaining('A new incarnation'),
    });
    expect((await store('show')).code).toBe(1);
    const image = aManifest({ seed: 'restored' });
    await root.pushImage('demo/apps/restored', image, ['1']);
    await root.pullImage('demo/apps/restored', image, '1');
    expect((await store('confirm')).code).toBe(0);
    expect((await store('show')).code).toBe(0);
    const other = await root.json('POST', '/api/v1/registries', { name: 'afterwards' });
    expect([other.status, other.json<{ state: string }>().state]).toEqual([201, 'Running']);
  });
}
