import { describe, expect, it } from '@jest/globals';
import { ALL_ACTIONS, type Action } from './actions.js';
import { compilePolicies, type AttachedPolicy } from './compile.js';
import { parsePolicyDocument } from './document.js';
import { evaluate, explain, type Decision, type PolicyRequest } from './evaluate.js';
import type { PolicyStatement } from './policy-document.js';
import { repositorySrn } from './srn.js';

const CASES = 1_500;

/** mulberry32: a small seeded generator, so that a failure can be run again. */
function generator(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const some = <T>(items: readonly T[]): T[] => Array.from({ length: 1 + below(3) }, () => pick(items));
  const shuffled = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, at: next() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ item }) => item);
  return { below, pick, some, shuffled };
}
type Generator = ReturnType<typeof generator>;

const REPOSITORIES = ['a', 'b', 'ab'];
const resourceOf = (repositoryId: string): string => repositorySrn({ accountId: '1', registryId: 'r', repositoryId });
const RESOURCES = ['*', ...REPOSITORIES.map(resourceOf), resourceOf('x').replace(/x$/, '?'), resourceOf('a') + '*'];
const ACTION_PATTERNS = [
  '*',
  'scr:*Images',
  'scr:Pull*',
  'scr:PUSHrepositoryImages',
  'scr:List*',
  'scr:DeleteRepositoryImages',
];
const CONDITIONS = [
  { IpAddress: { 'scr:SourceIp': ['10.0.0.0/8'] } },
  { NotIpAddress: { 'scr:SourceIp': ['10.0.0.0/8', '2001:db8::/32'] } },
  { StringLikeIfExists: { 'scp:PrincipalTag/team': ['r*'] } },
  { Null: { 'scp:PrincipalTag/team': ['true'] }, Bool: { 'scr:SecureTransport': ['true'] } },
  { NumericNotEquals: { 'scp:PrincipalTag/team': ['1'] } },
];

function statement(random: Generator, effect: 'Allow' | 'Deny', Sid: string): Record<string, unknown> {
  return {
    Sid,
    Effect: effect,
    [random.pick(['Action', 'Action', 'NotAction'])]: random.some(ACTION_PATTERNS),
    [random.pick(['Resource', 'Resource', 'NotResource'])]: random.some(RESOURCES),
    ...(random.below(2) === 0 ? {} : { Condition: random.pick(CONDITIONS) }),
  };
}

function attached(id: string, statements: readonly unknown[]): AttachedPolicy {
  return { id, name: id, document: parsePolicyDocument({ Version: '2024-07-01', Statement: statements }) };
}

function policies(random: Generator): AttachedPolicy[] {
  return Array.from({ length: 1 + random.below(3) }, (_, at) =>
    attached(
      `p${at}`,
      Array.from({ length: 1 + random.below(3) }, (__, n) =>
        statement(random, random.pick(['Allow', 'Allow', 'Deny']), `s${n}`),
      ),
    ),
  );
}

function request(random: Generator): PolicyRequest {
  const team = random.pick([undefined, 'red', 'blue', '1']);
  const secureTransport = random.pick([undefined, true, false]);
  return {
    action: random.pick<Action>(ALL_ACTIONS),
    resource: resourceOf(random.pick(REPOSITORIES)),
    context: {
      sourceIp: random.pick([null, '10.1.1.1', '::ffff:10.1.1.1', '192.0.2.1', '2001:db8::5']),
      now: new Date(0),
      principal: { id: 'k', name: 'bot', ...(team === undefined ? {} : { tags: { team } }) },
      ...(secureTransport === undefined ? {} : { secureTransport }),
    },
  };
}

const decide = (given: readonly AttachedPolicy[], asked: PolicyRequest): Decision =>
  evaluate(compilePolicies(given), asked);

function forAll(seed: number, check: (random: Generator, given: AttachedPolicy[], asked: PolicyRequest) => void): void {
  const random = generator(seed);
  for (let run = 0; run < CASES; run++) check(random, policies(random), request(random));
}

describe('for any policies and request', () => {
  it('a deny that matches wins, whatever else is attached', () => {
    forAll(1, (random, given, asked) => {
      const deny = attached('deny', [{ Effect: 'Deny', Action: [asked.action], Resource: [asked.resource] }]);
      expect(decide(random.shuffled([...given, deny]), asked).reason).toBe('explicit-deny');
    });
  });

  it('one more allow never turns a yes into a no, nor lifts a deny', () => {
    forAll(2, (random, given, asked) => {
      const before = decide(given, asked);
      const after = decide([...given, attached('more', [statement(random, 'Allow', 's')])], asked);
      if (before.reason !== 'no-allow') expect(after.reason).toBe(before.reason);
      expect(after.reason === 'explicit-deny').toBe(before.reason === 'explicit-deny');
    });
  });

  it('one more deny never turns a no into a yes', () => {
    forAll(3, (random, given, asked) => {
      const before = decide(given, asked);
      const after = decide([...given, attached('more', [statement(random, 'Deny', 's')])], asked);
      if (!before.allowed) expect(after.allowed).toBe(false);
    });
  });

  it('the order of policies changes nothing, and the order of statements not the answer', () => {
    forAll(4, (random, given, asked) => {
      const before = decide(given, asked);
      expect(decide(random.shuffled(given), asked)).toEqual(before);
      const turned = given.map((policy): AttachedPolicy => {
        const Statement: readonly PolicyStatement[] = random.shuffled(policy.document.Statement);
        return { ...policy, document: { ...policy.document, Statement } };
      });
      expect(decide(turned, asked).reason).toBe(before.reason);
    });
  });

  it('explain decides as evaluate does, and its trace holds the reason', () => {
    const reasons = new Set<string>();
    forAll(5, (_random, given, asked) => {
      const compiled = compilePolicies(given);
      const { trace, ...explained } = explain(compiled, asked);
      const { trace: _, ...decided } = evaluate(compiled, asked);
      expect(explained).toEqual(decided);
      const matched = new Set(trace.filter((entry) => entry.matched).map(({ effect }) => effect));
      const reason = matched.has('Deny') ? 'explicit-deny' : matched.has('Allow') ? 'allow' : 'no-allow';
      expect(reason).toBe(decided.reason);
      reasons.add(reason);
    });
    expect(reasons.size).toBe(3);
  });
});
