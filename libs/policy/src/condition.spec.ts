import { describe, expect, it } from '@jest/globals';
import { compileCondition, judgeValues } from './condition.js';
import type { RequestContext } from './request-context.js';
import type { Verdict } from './verdict.js';

const CONTEXT: RequestContext = {
  sourceIp: '10.1.2.3',
  now: new Date('2026-03-05T12:00:00Z'),
  principal: {
    id: 'k1',
    name: 'build-bot',
    tags: { team: 'Red', level: '5', owner: 'srn:e::1:::scr:account/1', joined: '2025-01-01' },
  },
  secureTransport: true,
};

const judge = (operator: string, key: string, ...operands: string[]): Verdict =>
  compileCondition(operator, key, operands).test(CONTEXT);

describe('a condition operator', () => {
  const team = 'scp:PrincipalTag/team';
  const level = 'scp:PrincipalTag/level';
  const owner = 'scp:PrincipalTag/owner';
  it.each<[string, string, string[], Verdict]>([
    ['StringEquals', 'iam:userName', ['build-bot'], true],
    ['StringEquals', 'iam:userName', ['x', 'build-bot'], true],
    ['StringEquals', 'iam:userName', ['build-*'], false],
    ['StringEquals', team, ['red'], false],
    ['StringNotEquals', team, ['red'], true],
    ['StringNotEquals', team, ['red', 'Red'], false],
    ['StringEqualsIgnoreCase', team, ['rED'], true],
    ['StringNotEqualsIgnoreCase', team, ['rED'], false],
    ['StringLike', 'iam:userName', ['build-*'], true],
    ['StringLike', 'iam:userName', ['.*'], false],
    ['StringNotLike', 'iam:userName', ['x*', 'build-*'], false],
    ['StringNotLike', 'iam:userName', ['x*', 'y*'], true],
    ['NumericEquals', level, ['5.0'], true],
    ['NumericNotEquals', level, ['5'], false],
    ['NumericLessThan', level, ['5'], false],
    ['NumericLessThan', level, ['5.5'], true],
    ['NumericLessThanEquals', level, ['5'], true],
    ['NumericGreaterThan', level, ['-6'], true],
    ['NumericGreaterThan', level, ['5'], false],
    ['NumericGreaterThanEquals', level, ['5'], true],
    ['DateEquals', 'scr:CurrentTime', ['2026-03-05T13:00:00+01:00'], true],
    ['DateNotEquals', 'scr:CurrentTime', ['2026-03-05T12:00:00Z'], false],
    ['DateLessThan', 'scr:CurrentTime', ['2026-03-06'], true],
    ['DateLessThan', 'scr:CurrentTime', ['2026-03-05'], false],
    ['DateLessThanEquals', 'scr:CurrentTime', ['2026-03-05T12:00:00.000Z'], true],
    ['DateGreaterThan', 'scr:CurrentTime', ['2026-03-05T11:59Z'], true],
    ['DateGreaterThanEquals', 'scr:CurrentTime', ['2026-03-05T12:00:01Z'], false],
    ['DateLessThan', 'scp:PrincipalTag/joined', ['2026-01-01'], true],
    ['Bool', 'scr:SecureTransport', ['true'], true],
    ['Bool', 'scr:SecureTransport', ['false'], false],
    ['IpAddress', 'scr:SourceIp', ['192.0.2.0/24', '10.0.0.0/8'], true],
    ['IpAddress', 'scp:SourceIp', ['192.0.2.0/24'], false],
    ['NotIpAddress', 'scr:SourceIp', ['192.0.2.0/24'], true],
    ['NotIpAddress', 'scr:SourceIp', ['192.0.2.0/24', '10.0.0.0/8'], false],
    ['SrnEquals', owner, ['srn:e::1:::scr:account/1'], true],
    ['SrnLike', owner, ['srn:e::*:::scr:account/*'], true],
    ['SrnLike', owner, ['srn:e::*:::scr:repository/*'], false],
    ['SrnNotEquals', owner, ['srn:e::2:::scr:account/2'], true],
    ['SrnNotLike', owner, ['srn:*::*:*:*:scr:*'], false],
    ['Null', team, ['false'], true],
    ['Null', team, ['true'], false],
    ['Null', 'scp:PrincipalTag/none', ['true'], true],
  ])('%s %s %j is %j', (operator, key, operands, expected) => {
    expect(compileCondition(operator, key, operands).problem).toBeNull();
    expect(judge(operator, key, ...operands)).toBe(expected);
  });
});

describe('a missing key', () => {
  const none = 'scp:PrincipalTag/none';

  it('makes a positive operator false and a negated one true', () => {
    expect(judge('StringEquals', none, 'x')).toBe(false);
    expect(judge('StringNotEquals', none, 'x')).toBe(true);
    expect(judge('NumericLessThan', none, '1')).toBe(false);
    expect(judge('SrnNotLike', none, 'srn:e::1:::scr:*')).toBe(true);
  });

  it('makes …IfExists true, which still compares a key that is there', () => {
    expect(judge('StringEqualsIfExists', none, 'x')).toBe(true);
    expect(judge('StringEqualsIfExists', 'iam:userName', 'x')).toBe(false);
    expect(judge('StringNotEqualsIfExists', none, 'x')).toBe(true);
  });

  it('makes ForAllValues true and ForAnyValue false, negated or not', () => {
    expect(judge('ForAllValues:StringEquals', none, 'x')).toBe(true);
    expect(judge('ForAllValues:StringNotEquals', none, 'x')).toBe(true);
    expect(judge('ForAnyValue:StringEquals', none, 'x')).toBe(false);
    expect(judge('ForAnyValue:StringNotEquals', none, 'x')).toBe(false);
  });

  it('is an address that is not known, a transport that is not known, or an inherited property of the tags', () => {
    const { secureTransport: _, ...rest } = CONTEXT;
    const context = { ...rest, sourceIp: null };
    expect(compileCondition('IpAddress', 'scr:SourceIp', ['0.0.0.0/0', '::/0']).test(context)).toBe(false);
    expect(compileCondition('NotIpAddress', 'scr:SourceIp', ['10.0.0.0/8']).test(context)).toBe(true);
    expect(compileCondition('Bool', 'scr:SecureTransport', ['false']).test(context)).toBe(false);
    expect(judge('Null', 'scp:PrincipalTag/constructor', 'true')).toBe(true);
    expect(judge('Null', 'scp:PrincipalTag/__proto__', 'true')).toBe(true);
  });
});

describe('several values of one key', () => {
  const equals = (operand: string) => (actual: string) => actual === operand;
  const matchers = [equals('a'), equals('b')];
  it.each<['ForAnyValue' | 'ForAllValues' | null, boolean, string[], boolean]>([
    ['ForAnyValue', false, ['a', 'z'], true],
    ['ForAnyValue', false, ['y', 'z'], false],
    ['ForAllValues', false, ['a', 'b'], true],
    ['ForAllValues', false, ['a', 'z'], false],
    ['ForAnyValue', true, ['a', 'z'], true],
    ['ForAnyValue', true, ['a', 'b'], false],
    ['ForAllValues', true, ['y', 'z'], true],
    ['ForAllValues', true, ['a', 'z'], false],
    [null, false, ['a', 'z'], true],
    [null, true, ['a', 'z'], false],
  ])('%s, negated %j, of %j against a or b: %j', (quantifier, negated, actuals, expected) => {
    expect(judgeValues({ quantifier, ifExists: false }, negated, matchers, actuals)).toBe(expected);
  });
});

describe('what cannot be judged', () => {
  it.each([
    ['StringMatches', 'iam:userName', 'x'],
    ['stringequals', 'iam:userName', 'x'],
    ['ForSomeValue:StringEquals', 'iam:userName', 'x'],
    ['NullIfExists', 'iam:userName', 'true'],
    ['ForAnyValue:Null', 'iam:userName', 'true'],
    ['IfExists', 'iam:userName', 'x'],
    ['StringEquals', 'scr:Nothing', 'x'],
    ['StringEquals', 'scp:PrincipalTag/', 'x'],
    ['StringEquals', 'scr:SourceIp', '10.0.0.1'],
    ['IpAddress', 'iam:userName', '10.0.0.1'],
    ['IpAddress', 'scr:SourceIp', '10.0.0.0/40'],
    ['DateLessThan', 'scr:CurrentTime', '2026-02-30'],
    ['DateLessThan', 'scr:CurrentTime', '2026-13-01'],
    ['DateLessThan', 'scr:CurrentTime', '2026-03-05T12:00:00'],
    ['DateLessThan', 'scr:CurrentTime', '2026-03-05T25:00:00Z'],
    ['NumericEquals', 'scp:PrincipalTag/level', '1e3'],
    ['Bool', 'scr:SecureTransport', 'yes'],
    ['Null', 'iam:userName', 'maybe'],
    ['SrnLike', 'scp:PrincipalTag/owner', 'srn:*'],
  ])('%s %s %j says so and is unknown, negated or not', (operator, key, operand) => {
    const condition = compileCondition(operator, key, [operand]);
    expect(condition.problem).toEqual(expect.any(String));
    expect(condition.test(CONTEXT)).toBe('unknown');
  });

  it('includes a request value of another type than the operator', () => {
    expect(judge('NumericLessThan', 'scp:PrincipalTag/team', '1')).toBe('unknown');
    expect(judge('NumericNotEquals', 'scp:PrincipalTag/team', '1')).toBe('unknown');
    const context = { ...CONTEXT, sourceIp: 'unknown' };
    expect(compileCondition('NotIpAddress', 'scr:SourceIp', ['10.0.0.0/8']).test(context)).toBe('unknown');
  });

  it('does not hide an alternative that matches', () => {
    expect(judge('IpAddress', 'scr:SourceIp', 'nonsense', '10.0.0.0/8')).toBe(true);
    expect(judge('NotIpAddress', 'scr:SourceIp', 'nonsense', '10.0.0.0/8')).toBe(false);
    expect(judge('IpAddress', 'scr:SourceIp', 'nonsense', '192.0.2.0/24')).toBe('unknown');
  });
});
