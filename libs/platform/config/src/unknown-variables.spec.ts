import { describe, expect, it } from '@jest/globals';
import { unknownVariables } from './unknown-variables.js';

const of = (...names: string[]) =>
  unknownVariables('T_', ['T_PORT', 'T_HOST', 'T_LOG_LEVEL'], Object.fromEntries(names.map((name) => [name, '1'])));

describe('variables that are no setting', () => {
  it('are told with the setting that was probably meant', () => {
    expect(of('T_PROT', 'T_LOGLEVEL', 'T_HOST_FLIE')).toEqual([
      'T_PROT is set, but there is no such setting: did you mean T_PORT?',
      'T_LOGLEVEL is set, but there is no such setting: did you mean T_LOG_LEVEL?',
      'T_HOST_FLIE is set, but there is no such setting: did you mean T_HOST_FILE?',
    ]);
  });

  it('are told without one when none is near', () => {
    expect(of('T_SOMETHING_ELSE')).toEqual(['T_SOMETHING_ELSE is set, but there is no such setting']);
    expect(of(`T_${'X'.repeat(100_000)}`)).toHaveLength(1);
  });

  it('are not those that belong to somebody else, nor a setting that comes from a file', () => {
    expect(of('T_PORT', 'T_HOST_FILE', 'OTHER', 'PATH')).toEqual([]);
  });
});
