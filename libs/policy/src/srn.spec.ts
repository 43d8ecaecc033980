import { describe, expect, it } from '@jest/globals';
import { accountSrn, compileSrnPattern, parseSrn, registrySrn, repositorySrn, SrnInvalid, srnMatches } from './srn.js';

const REPOSITORY = repositorySrn({ accountId: '123456789012', registryId: 'r1', repositoryId: 'p1' });

describe('SRNs', () => {
  it('have eight fields, with the type and id in the last', () => {
    expect(REPOSITORY).toBe('srn:e::123456789012:::scr:repository/r1/p1');
    expect(registrySrn({ accountId: 'a', registryId: 'r', region: 'kr-west1', offering: 's' })).toBe(
      'srn:s::a:kr-west1::scr:container-registry/r',
    );
    expect(accountSrn({ accountId: 'a' })).toBe('srn:e::a:::scr:account/a');
    expect(parseSrn(REPOSITORY)).toHaveLength(8);
  });

  it.each(['a:b', 'a/b', '*', '', 'a b', 'ä', 'a\n'])(
    'refuse the id %j, which would not stay in its own field',
    (id) => {
      expect(() => registrySrn({ accountId: '1', registryId: id })).toThrow(SrnInvalid);
      expect(() => registrySrn({ accountId: id, registryId: '1' })).toThrow(SrnInvalid);
      expect(() => repositorySrn({ accountId: '1', registryId: '1', repositoryId: id })).toThrow(SrnInvalid);
    },
  );

  it.each(['', '*', 'srn:e::1:::scr', 'srn:e::1:::scr:a:b', 'arn:e::1:::scr:a'])('refuse %j when parsed', (text) => {
    expect(() => parseSrn(text)).toThrow(SrnInvalid);
  });
});

describe('an SRN pattern', () => {
  it.each([
    ['*', true],
    ['srn:e::123456789012:::scr:repository/r1/p1', true],
    ['srn:e::123456789012:::scr:repository/r1/*', true],
    ['srn:e::123456789012:::scr:repository/*', true],
    ['srn:e::123456789012:::scr:*', true],
    ['srn:?::*:*::scr:repository/r?/p?', true],
    ['srn:e:::::scr:repository/r1/p1', true],
    ['srn:e::123456789012:::container-registry:repository/r1/p1', true],
    ['srn:e::123456789012:::scr:repository/r1/P1', false],
    ['srn:e::123456789012:::scr:repository/r1', false],
    ['srn:e::123456789012:::scr:container-registry/r1', false],
    ['srn:e::12345678901:::scr:repository/*', false],
    ['srn:s::*:::scr:repository/*', false],
    ['srn:e::*:kr-west1::scr:repository/*', false],
    ['srn:e::*:::s3:repository/*', false],
  ])('%s matches the repository: %j', (pattern, expected) => {
    expect(srnMatches(compileSrnPattern(pattern), parseSrn(REPOSITORY))).toBe(expected);
  });

  it.each(['srn:*', 'srn:e::*', 'srn:e::*:repository/r1/p1', 'srn*p1', '**'])(
    'never crosses a colon: %s cannot be read and so is neither match nor mismatch',
    (pattern) => {
      expect(srnMatches(compileSrnPattern(pattern), parseSrn(REPOSITORY))).toBe('unknown');
    },
  );
});
