import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { aBlob, aManifest } from '@entrepot/testing';
import { nothingLost, underLoad } from '../support/load.js';
import { rootClient, type Scene } from '../support/scene.js';
import { keys } from './keys-command.js';

export const masterKeyFile = ({ suite }: Scene): string => join(suite.dataDirectory, 'secrets', 'master-key');

interface MasterKeys {
  currentMasterKeyId: string;
  inUse: { masterKeyId: string; registries: number; keys: number }[];
  check: { problem: string | null };
}

/** New keys for a registry, and a new master key, while the suite is used. */
export function rotation(scene: () => Scene): void {
  it('a registry’s key is rotated under pushes: none fails, and everything is readable after', async () => {
    const { root, registryId } = scene();
    const name = 'demo/apps/rotated';
    const old = aBlob(1_500_000, 'before the rotation');
    expect((await root.pushBlob(name, old)).status).toBe(201);
    const report = await underLoad(scene(), name, async () => {
      for (let n = 0; n < 4; n++) {
        const reply = await root.json('POST', `/api/v1/registries/${registryId}/encryption/rotate`);
        expect(reply.status).toBe(200);
        await sleep(300);
      }
    });
    expect([report.refusals, report.broken]).toEqual([[], 0]);
    await nothingLost(scene(), name, report);
    expect((await root.get(`/v2/${name}/blobs/${old.digest}`)).body.equals(old.bytes)).toBe(true);
  });

  it('the master key is rotated: a new line first, rewrap, the old line away; everything is readable all the while', async () => {
    const { suite } = scene();
    const file = masterKeyFile(scene());
    const image = aManifest({ seed: 'under an old master key', layers: 2 });
    const before = rootClient(suite);
    await before.pushImage('demo/apps/master', image, ['1']);
    const { inUse: used } = (await before.get('/api/v1/master-keys')).json<MasterKeys>();
    before.close();
    const total = used.reduce((sum, use) => sum + use.keys, 0);
    const [old, fresh] = [readFileSync(file, 'utf8').trim(), randomBytes(32).toString('base64')];

    writeFileSync(file, `${fresh}\n${old}\n`);
    await suite.restart();
    const both = rootClient(suite);
    await both.pullImage('demo/apps/master', image, '1');
    const rewrapped = (await both.json('POST', '/api/v1/master-keys/rewrap')).json<{
      rewrapped: number;
      remaining: number;
    }>();
    expect(rewrapped).toMatchObject({ rewrapped: total, remaining: 0 });
    await both.pullImage('demo/apps/master', image, '1');
    both.close();

    writeFileSync(file, `${fresh}\n`);
    await suite.restart();
    const after = rootClient(suite);
    const { currentMasterKeyId, inUse, check } = (await after.get('/api/v1/master-keys')).json<MasterKeys>();
    expect([inUse, check.problem]).toEqual([[{ masterKeyId: currentMasterKeyId, registries: 1, keys: total }], null]);
    await after.pullImage('demo/apps/master', image, '1');
    after.close();

    // The key that is away opens nothing any more.
    const retired = join(suite.dataDirectory, 'retired-master-key');
    writeFileSync(retired, old, { mode: 0o600 });
    expect((await keys(['check', '--master-key-file', retired, '--data-dir', suite.dataDirectory])).code).toBe(1);
  }, 180_000);
}
