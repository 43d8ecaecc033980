import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import pg from 'pg';
import { DataDirectory, runningServiceUrl } from '@entrepot/platform-embedded';
import { aBlob } from '@entrepot/testing';
import { type Scene, rootClient } from '../support/scene.js';
import { keys } from './keys-command.js';
import { masterKeyFile } from './rotation.js';
import { storedFiles } from './stored-files.js';

/** The row's location and the files that hold the blob's bytes. */
async function placeOf({ suite }: Scene, digest: string): Promise<{ location: string; files: string[] }> {
  const url = runningServiceUrl(DataDirectory.at(suite.dataDirectory), 'catalog');
  const client = new pg.Client({ connectionString: url ?? '' });
  await client.connect();
  try {
    const { rows } = await client.query<{ location: string; generation: string }>(
      `SELECT location::text, generation FROM catalog.blob WHERE hex = $1 AND state = 'live'`,
      [digest.slice('sha256:'.length)],
    );
    const [row] = rows;
    if (!row) throw new Error('no such blob');
    return {
      location: row.location,
      files: storedFiles(suite.dataDirectory).filter((file) => file.includes(row.generation)),
    };
  } finally {
    await client.end();
  }
}

/** Each command is a process of its own, which takes seconds to start on a busy machine. */
const COMMANDS_MS = 240_000;

/** What an operator does with keys beside the suite, and without it. */
export function offline(scene: () => Scene): void {
  it(
    'a blob is decrypted from its stored bytes, its row, the wrapped keys and the master key alone',
    async () => {
      const { suite } = scene();
      const at = (name: string) => join(suite.dataDirectory, name);
      const root = rootClient(suite);
      const blob = aBlob(3_000_001, 'offline');
      expect((await root.pushBlob('demo/apps/offline', blob)).status).toBe(201);
      root.close();
      const { location, files } = await placeOf(scene(), blob.digest);
      writeFileSync(at('location.json'), location);
      const exported = await keys(['export', '--data-dir', suite.dataDirectory, '--out', at('keys.json')]);
      expect([exported.code, statSync(at('keys.json')).mode & 0o777]).toEqual([0, 0o600]);
      const given = ['--location', at('location.json'), '--keys', at('keys.json')];
      const opens = [...given, '--master-key-file', masterKeyFile(scene())];
      const stored = Buffer.concat(files.map((file) => readFileSync(file)));

      const named = files.flatMap((file) => ['--blob', file]);
      const toFile = await keys(['decrypt', ...opens, ...named, '--out', at('plain'), '--digest', blob.digest]);
      expect([toFile.code, toFile.said]).toEqual([0, expect.stringContaining(`3000001 bytes, ${blob.digest}`)]);
      expect(readFileSync(at('plain')).equals(blob.bytes)).toBe(true);
      const piped = await keys(['decrypt', ...opens], stored);
      expect([piped.code, piped.output.equals(blob.bytes)]).toEqual([0, true]);

      stored[2_000_000]! ^= 1;
      writeFileSync(at('changed'), stored);
      const damaged = await keys(['decrypt', ...opens, '--blob', at('changed'), '--out', at('never')]);
      expect([damaged.code, existsSync(at('never')), existsSync(at('never.unfinished'))]).toEqual([1, false, false]);

      writeFileSync(at('other-key'), randomBytes(32).toString('base64'));
      const wrong = await keys(['decrypt', ...given, '--master-key-file', at('other-key'), ...named]);
      expect([wrong.code, wrong.output.length, wrong.said]).toEqual([
        1,
        0,
        expect.stringContaining('is not held here'),
      ]);
    },
    COMMANDS_MS,
  );

  it(
    'a master key held elsewhere is proven to open every registry key, or not, without showing a secret',
    async () => {
      const { suite } = scene();
      const where = ['--data-dir', suite.dataDirectory];
      const good = await keys(['check', '--master-key-file', masterKeyFile(scene()), ...where]);
      expect([good.code, good.said]).toEqual([0, expect.stringMatching(/^(\d+) of \1 registry keys open\.\n$/)]);
      const made = join(suite.dataDirectory, 'made-key');
      const fresh = await keys(['new', '--out', made]);
      expect([fresh.code, statSync(made).mode & 0o777]).toEqual([0, 0o600]);
      expect((await keys(['new', '--out', made])).code).toBe(1);
      const bad = await keys(['check', '--master-key-file', made, ...where]);
      expect([bad.code, bad.said]).toEqual([1, expect.stringContaining('is missing, which wraps the keys of')]);
      for (const file of [made, masterKeyFile(scene())]) {
        const secret = readFileSync(file, 'utf8').trim();
        for (const { said, output } of [good, bad, fresh]) expect(said + output.toString()).not.toContain(secret);
      }
    },
    COMMANDS_MS,
  );

  it('no master key, and no database password, stands in what the suite printed', () => {
    const { suite } = scene();
    for (const name of ['master-key', 'postgres-catalog']) {
      const secret = readFileSync(join(suite.dataDirectory, 'secrets', name), 'utf8').trim();
      expect(secret.length).toBeGreaterThan(30);
      expect(suite.logs()).not.toContain(secret);
      expect(suite.logs()).not.toContain(Buffer.from(secret, 'base64').toString('hex'));
    }
  });
}
