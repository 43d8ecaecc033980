import { describe, expect, it } from '@jest/globals';
import { SETTING_NAMES } from './setting-names.js';
import { unknownSettings, warnOfUnknownSettings } from './unknown-settings.js';

const warningsFor = (env: Record<string, string>) => {
  const lines: string[] = [];
  warnOfUnknownSettings(env, (line) => lines.push(line));
  return lines;
};

describe('a mistyped setting', () => {
  it('is told in one line with the name that was meant', () => {
    expect(warningsFor({ ENTREPOT_READONLY: 'true' })).toEqual([
      'ENTREPOT_READONLY is set, but there is no such setting: did you mean ENTREPOT_READ_ONLY?',
    ]);
    expect(unknownSettings({ ENTREPOT_READONLY: 'true', PATH: '/bin' })).toEqual(['ENTREPOT_READONLY']);
  });

  it('is not what another service of the suite reads, nor what tools, tests and deployments do', () => {
    const all = Object.fromEntries(SETTING_NAMES.flatMap((name) => [name, `${name}_FILE`]).map((name) => [name, 'x']));
    expect(warningsFor(all)).toEqual([]);
    for (const name of ['NATS_SERVER', 'TEST_RUN', 'POSTGRES_PROGRAMS', 'NATS_CATALOG_PASSWORD', 'CLIENT_CACHE']) {
      expect(warningsFor({ [`ENTREPOT_${name}`]: 'x' })).toEqual([]);
    }
  });
});
