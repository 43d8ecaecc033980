import { describe, expect, it } from '@jest/globals';
import { ACTIONS, type Action } from './actions.js';
import { compilePolicies, type AttachedPolicy } from './compile.js';
import { parsePolicyDocument } from './document.js';
import { evaluate, explain, type PolicyRequest } from './evaluate.js';
import type { PolicyDocument } from './policy-document.js';
import { repositorySrn, SrnInvalid } from './srn.js';

const APPS = repositorySrn({ accountId: '1', registryId: 'r', repositoryId: 'apps' });
const OTHER = repositorySrn({ accountId: '1', registryId: 'r', repositoryId: 'other' });

const policy = (name: string, ...statements: unknown[]): AttachedPolicy => ({
  id: name,
  name,
  document: parsePolicyDocument({ Version: '2024-07-01', Statement: statements }),
});

/** A policy as a newer or older release may have stored it: not checked. */
const stored = (name: string, ...statements: unknown[]): AttachedPolicy => ({
  id: name,
  name,
  document: { Version: '2024-07-01', Statement: statements } as unknown as PolicyDocument,
});

const ask = (action: Action, resource = APPS, sourceIp: string | null = '10.0.0.1'): PolicyRequest => ({
  action,
  resource,
  context: { sourceIp, now: new Date('2026-03-05T12:00:00Z'), principal: { id: 'k', name: 'bot' } },
});

const PULL = ACTIONS.PullRepositoryImages;
const PUSH = ACTIONS.PushRepositoryImages;
const allowPull = { Sid: 'pull', Effect: 'Allow', Action: [PULL], Resource: ['*'] };
const denyPull = { Sid: 'never', Effect: 'Deny', Action: [PULL], Resource: [APPS] };

describe('evaluate', () => {
  it('says no without an allow, naming no policy', () => {
    const none = { allowed: false, reason: 'no-allow', policy: null, statement: null, trace: [] };
    expect(evaluate(compilePolicies([]), ask(PULL))).toEqual(none);
    expect(evaluate(compilePolicies([policy('A', allowPull)]), ask(PUSH))).toEqual(none);
  });

  it('says yes with an allow, naming its policy and statement', () => {
    expect(evaluate(compilePolicies([policy('A', allowPull)]), ask(PULL))).toEqual({
      allowed: true,
      reason: 'allow',
      policy: 'A',
      statement: 'pull',
      trace: [],
    });
  });

  it('lets an explicit deny of any policy beat every allow, on what the deny covers only', () => {
    const compiled = compilePolicies([policy('A', allowPull, { ...allowPull, Sid: 'again' }), policy('B', denyPull)]);
    expect(evaluate(compiled, ask(PULL))).toMatchObject({ reason: 'explicit-deny', policy: 'B', statement: 'never' });
    expect(evaluate(compiled, ask(PULL, OTHER))).toMatchObject({ reason: 'allow', policy: 'A' });
  });

  it('ignores case in actions and respects it in resources', () => {
    const shouting = policy('A', { ...allowPull, Action: ['SCR:PULL*'] });
    expect(evaluate(compilePolicies([shouting]), ask(PULL)).allowed).toBe(true);
    const upper = policy('A', { ...allowPull, Resource: [APPS.replace('apps', 'Apps')] });
    expect(evaluate(compilePolicies([upper]), ask(PULL)).allowed).toBe(false);
  });

  it('takes container-registry: as another name of scr:', () => {
    const alias = policy('A', { ...allowPull, Action: ['container-registry:pullRepositoryImages'] });
    expect(evaluate(compilePolicies([alias]), ask(PULL)).allowed).toBe(true);
  });

  it('reads NotAction and NotResource as everything else', () => {
    const notPull = compilePolicies([policy('A', { Effect: 'Allow', NotAction: ['scr:Pull*'], Resource: ['*'] })]);
    expect(evaluate(notPull, ask(PULL)).allowed).toBe(false);
    expect(evaluate(notPull, ask(PUSH)).allowed).toBe(true);
    const notApps = compilePolicies([policy('A', { Effect: 'Allow', Action: ['*'], NotResource: [APPS] })]);
    expect(evaluate(notApps, ask(PULL)).allowed).toBe(false);
    expect(evaluate(notApps, ask(PULL, OTHER)).allowed).toBe(true);
  });

  it('wants every operator and every key of a condition, and one of its values', () => {
    const Condition = {
      IpAddress: { 'scr:SourceIp': ['192.0.2.0/24', '10.0.0.0/8'] },
      StringLike: { 'iam:userName': 'b*', 'scp:PrincipalTag/team': 'red' },
    };
    const compiled = compilePolicies([policy('A', { ...allowPull, Condition })]);
    const request = ask(PULL);
    const withTeam = (team: string, sourceIp: string): PolicyRequest => ({
      ...request,
      context: { ...request.context, sourceIp, principal: { id: 'k', name: 'bot', tags: { team } } },
    });
    expect(evaluate(compiled, withTeam('red', '10.0.0.1')).allowed).toBe(true);
    expect(evaluate(compiled, withTeam('blue', '10.0.0.1')).allowed).toBe(false);
    expect(evaluate(compiled, withTeam('red', '11.0.0.1')).allowed).toBe(false);
    expect(evaluate(compiled, request).allowed).toBe(false);
  });

  it('reads the context of each request afresh from policies compiled once', () => {
    const Condition = { NotIpAddress: { 'scr:SourceIp': ['10.0.0.0/8'] } };
    const compiled = compilePolicies([policy('A', allowPull, { ...denyPull, Condition })]);
    expect(evaluate(compiled, ask(PULL)).allowed).toBe(true);
    expect(evaluate(compiled, ask(PULL, APPS, '::ffff:10.9.9.9')).allowed).toBe(true);
    expect(evaluate(compiled, ask(PULL, APPS, '192.0.2.1')).reason).toBe('explicit-deny');
    expect(evaluate(compiled, ask(PULL, APPS, null)).reason).toBe('explicit-deny');
  });

  it('refuses to decide about something that is no SRN', () => {
    expect(() => evaluate(compilePolicies([]), ask(PULL, 'demo/apps'))).toThrow(SrnInvalid);
  });
});

describe('a stored policy that cannot be judged', () => {
  const bad: [string, object][] = [
    ['an unknown operator', { Condition: { Matches: { 'iam:userName': ['bot'] } } }],
    ['an unknown operator that sounds negated', { Condition: { StringNotMatches: { 'iam:userName': ['bot'] } } }],
    ['an unknown key', { Condition: { StringEquals: { 'scr:Moon': ['full'] } } }],
    ['a malformed range', { Condition: { IpAddress: { 'scr:SourceIp': ['10.0.0.0/99'] } } }],
    ['a malformed range, negated', { Condition: { NotIpAddress: { 'scr:SourceIp': ['10.0.0.0/99'] } } }],
    ['an unreadable resource', { Resource: ['everything'] }],
    ['an unreadable NotResource', { Resource: undefined, NotResource: ['everything'] }],
    ['no resource', { Resource: undefined }],
    ['no action', { Action: undefined }],
    ['Action and NotAction', { NotAction: [PUSH] }],
  ];

  it.each(bad)('with %s grants nothing as an Allow', (_name, part) => {
    const compiled = compilePolicies([stored('A', { ...allowPull, ...part })]);
    expect(evaluate(compiled, ask(PULL)).reason).toBe('no-allow');
  });

  it.each(bad)('with %s denies as a Deny', (_name, part) => {
    const deny = { ...allowPull, Sid: 'no', Effect: 'Deny', ...part };
    const compiled = compilePolicies([policy('A', allowPull), stored('B', deny)]);
    expect(evaluate(compiled, ask(PULL))).toMatchObject({ reason: 'explicit-deny', policy: 'B', statement: 'no' });
  });

  it('denies only where the parts that can be judged agree', () => {
    const Condition = { Matches: { 'iam:userName': ['x'] }, StringEquals: { 'iam:userName': ['someone-else'] } };
    const compiled = compilePolicies([policy('A', allowPull), stored('B', { ...denyPull, Condition })]);
    expect(evaluate(compiled, ask(PULL)).allowed).toBe(true);
    const elsewhere = stored('B', { ...denyPull, Condition: { Matches: { 'iam:userName': ['x'] } } });
    expect(evaluate(compilePolicies([policy('A', allowPull), elsewhere]), ask(PULL, OTHER)).allowed).toBe(true);
  });

  it('denies with an effect of another spelling', () => {
    const compiled = compilePolicies([policy('A', allowPull), stored('B', { ...allowPull, Effect: 'allow' })]);
    expect(evaluate(compiled, ask(PULL)).reason).toBe('explicit-deny');
  });
});

describe('explain', () => {
  it('gives the same decision and one sentence for every statement', () => {
    const Condition = { IpAddress: { 'scr:SourceIp': '192.0.2.0/24' } };
    const unknown = stored('C', { ...denyPull, Sid: 'odd', Condition: { Matches: { 'iam:userName': ['x'] } } });
    const compiled = compilePolicies([
      unknown,
      policy(
        'A',
        allowPull,
        { Sid: 'push', Effect: 'Allow', Action: [PUSH], Resource: ['*'] },
        { ...allowPull, Sid: 'elsewhere', Resource: [OTHER] },
        { ...allowPull, Sid: 'office', Condition },
      ),
    ]);
    const explained = explain(compiled, ask(PULL));
    expect({ ...explained, trace: [] }).toEqual(evaluate(compiled, ask(PULL)));
    expect(explained.trace.map(({ statement, matched, why }) => [statement, matched, why])).toEqual([
      ['pull', true, 'Action and resource match.'],
      ['push', false, 'It does not speak about scr:PullRepositoryImages.'],
      ['elsewhere', false, `It does not cover ${APPS}.`],
      ['office', false, 'Its condition IpAddress scr:SourceIp [192.0.2.0/24] does not hold.'],
      ['odd', true, expect.stringMatching(/cannot be judged, so it denies\. Unknown condition operator "Matches"/)],
    ]);
  });
});
