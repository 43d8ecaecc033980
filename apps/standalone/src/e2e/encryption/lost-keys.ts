import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { aManifest } from '@entrepot/testing';
import { rootClient, type Scene } from '../support/scene.js';
import { masterKeyFile } from './rotation.js';
import { storedFiles } from './stored-files.js';

/** A start without the right master key: nothing starts, nothing is destroyed, and the right key makes all as it was. */
export function lostKeys(scene: () => Scene): void {
  it.each([
    ['missing', () => undefined],
    ['another one', (file: string) => writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 })],
  ])(
    'with a master key that is %s the suite refuses to start in one sentence and destroys nothing',
    async (_, spoil) => {
      const { suite } = scene();
      const file = masterKeyFile(scene());
      const image = aManifest({ seed: 'kept' });
      const before = rootClient(suite);
      await before.pushImage('demo/apps/kept', image, ['1']);
      const { currentMasterKeyId } = (await before.get('/api/v1/master-keys')).json<{ currentMasterKeyId: string }>();
      before.close();
      await suite.kill('SIGTERM');
      const stored = storedFiles(suite.dataDirectory);
      renameSync(file, `${file}.kept`);
      spoil(file);

      const refusal: Error = await suite.restart().then(
        () => Promise.reject(new Error('it started')),
        (error: Error) => error,
      );
      expect(refusal.message).toContain('ended with 1');
      const sentence = `Encrypted registries can't be opened: the master key ${currentMasterKeyId} is missing, which wraps the keys of 1 registry.`;
      const times = refusal.message.split('\n').filter((line) => line.startsWith(sentence)).length;
      expect({ times, message: refusal.message }).toEqual({ times: 1, message: refusal.message });
      expect(storedFiles(suite.dataDirectory)).toEqual(stored);

      if (existsSync(file)) expect(readFileSync(file, 'utf8')).not.toBe(readFileSync(`${file}.kept`, 'utf8'));
      renameSync(`${file}.kept`, file);
      await suite.restart();
      const after = rootClient(suite);
      await after.pullImage('demo/apps/kept', image, '1');
      after.close();
    },
    180_000,
  );
}
