import { describe, expect, it } from '@jest/globals';
import { BUILT_IN_POLICIES } from './built-in.js';
import { compilePolicies, type AttachedPolicy } from './compile.js';
import {
  decideAccess,
  LOGIN_REQUIRED,
  REFUSED,
  refuseUnknownRegistry,
  type AccessPrincipal,
  type AccessRequest,
  type DataPlaneVerb,
} from './decide-access.js';
import { parsePolicyDocument } from './document.js';
import { registrySrn, repositorySrn } from './srn.js';

const VERBS: readonly DataPlaneVerb[] = ['login', 'pull', 'push', 'delete', 'catalog'];
const OWN = { accountId: '1', registryId: 'r' };
const REGISTRY = registrySrn(OWN);
const APPS = repositorySrn({ ...OWN, repositoryId: 'apps' });

const privateRegistry: AccessRequest['registry'] = { ...OWN, visibility: 'private', publicRepositoriesAllowed: false };
const publicRegistry: AccessRequest['registry'] = { ...privateRegistry, visibility: 'public' };
const mixedRegistry: AccessRequest['registry'] = { ...privateRegistry, publicRepositoriesAllowed: true };
const apps = { repositoryId: 'apps', visibility: 'private' } as const;
const publicApps = { repositoryId: 'apps', visibility: 'public' } as const;

const anonymous: AccessPrincipal = { kind: 'anonymous' };
const key = (policies: readonly AttachedPolicy[], accountId = '1'): AccessPrincipal => ({
  kind: 'key',
  id: 'k',
  name: 'bot',
  policies: compilePolicies(policies),
  accountId,
});
const builtIn = (name: string): AttachedPolicy => {
  const found = BUILT_IN_POLICIES.find((policy) => policy.name === name);
  if (!found) throw new Error(`There is no built-in policy ${name}.`);
  return found;
};
const policy = (name: string, ...statements: object[]): AttachedPolicy => ({
  id: name,
  name,
  document: parsePolicyDocument({ Version: '2024-07-01', Statement: statements }),
});
const allow = (Action: string[], Resource: string[]) => ({ Effect: 'Allow', Action, Resource });
const deny = (Action: string[], Resource: string[]) => ({ Sid: 'no', Effect: 'Deny', Action, Resource });

const administrator = key([builtIn('ScrAdministrator')]);
const puller = key([builtIn('ScrPullOnlyAccess')]);
const nobody = key([]);
const stranger = key([builtIn('ScrAdministrator')], '2');

const ask = (verb: DataPlaneVerb, principal: AccessPrincipal, more: Partial<AccessRequest> = {}) =>
  decideAccess({
    verb,
    principal,
    registry: privateRegistry,
    repository: apps,
    tokenScope: 'basic',
    context: { sourceIp: '10.0.0.1', now: new Date(0), principal: { id: 'k', name: 'bot' } },
    ...more,
  });

describe('who may do what', () => {
  // One letter per verb, in the order login pull push delete catalog: Allowed, Denied (403), Unauthenticated (401).
  it.each<[string, AccessPrincipal, string, string, string]>([
    ['anonymous', anonymous, 'UUUUU', 'UAUUU', 'UAUUU'],
    ['a key without policies', nobody, 'DDDDD', 'DADDD', 'DADDD'],
    ['ScrPullOnlyAccess', puller, 'AADDD', 'AADDD', 'AADDD'],
    ['ScrPullPushOnlyAccess', key([builtIn('ScrPullPushOnlyAccess')]), 'AAADD', 'AAADD', 'AAADD'],
    ['ScrReadOnly', key([builtIn('ScrReadOnly')]), 'AADDA', 'AADDA', 'AADDA'],
    ['ScrAdministrator', administrator, 'AAAAA', 'AAAAA', 'AAAAA'],
    ['login alone', key([policy('L', allow(['scr:Login*'], ['*']))]), 'ADDDD', 'AADDD', 'AADDD'],
    [
      'all but login',
      key([policy('N', { Effect: 'Allow', NotAction: ['scr:Login*'], Resource: ['*'] })]),
      'DDDDD',
      'DADDD',
      'DADDD',
    ],
    ['one repository', key([policy('O', allow(['*'], [REGISTRY, APPS]))]), 'AAAAA', 'AAAAA', 'AAAAA'],
    ['another repository', key([policy('O', allow(['*'], [REGISTRY, APPS + '2']))]), 'ADDDA', 'AADDA', 'AADDA'],
    ['another registry', key([policy('O', allow(['*'], [REGISTRY + '2']))]), 'DDDDD', 'DADDD', 'DADDD'],
    ['an administrator of another account', stranger, 'DDDDD', 'DADDD', 'DADDD'],
    [
      'an administrator who may not pull here',
      key([builtIn('ScrAdministrator'), policy('D', deny(['scr:Pull*'], [APPS]))]),
      'ADAAA',
      'ADAAA',
      'ADAAA',
    ],
    [
      'an administrator who may not log in',
      key([builtIn('ScrAdministrator'), policy('D', deny(['scr:Login*'], ['*']))]),
      'DDDDD',
      'DDDDD',
      'DDDDD',
    ],
    [
      'a stranger whose own account forbids it',
      key([policy('D', deny(['scr:Pull*'], ['*']))], '2'),
      'DDDDD',
      'DDDDD',
      'DDDDD',
    ],
  ])('%s', (_name, principal, inPrivate, inPublic, inPublicRepository) => {
    const letters = (more: Partial<AccessRequest>): string =>
      VERBS.map((verb) => ask(verb, principal, more).kind.charAt(0).toUpperCase()).join('');
    expect(letters({ registry: privateRegistry })).toBe(inPrivate);
    expect(letters({ registry: publicRegistry })).toBe(inPublic);
    expect(letters({ registry: mixedRegistry, repository: publicApps })).toBe(inPublicRepository);
    // Public in name only: the registry does not allow public repositories, or the repository is not public.
    expect(letters({ registry: privateRegistry, repository: publicApps })).toBe(inPrivate);
    expect(letters({ registry: mixedRegistry, repository: apps })).toBe(inPrivate);
  });

  it('depends on the address of each request', () => {
    const office = { ...allow(['*'], ['*']), Condition: { IpAddress: { 'scr:SourceIp': ['10.0.0.0/8'] } } };
    const bot = key([policy('Office', office)]);
    const from = (sourceIp: string) =>
      ask('push', bot, { context: { sourceIp, now: new Date(0), principal: { id: 'k', name: 'bot' } } }).kind;
    expect(from('::ffff:10.0.0.9')).toBe('allow');
    expect(from('192.0.2.1')).toBe('denied');
  });

  it('honours policies that name the region, where the installation has one', () => {
    const regional = key([policy('R', allow(['*'], ['srn:e::1:kr-west1::scr:*']))]);
    expect(ask('pull', regional, { registry: { ...privateRegistry, region: 'kr-west1' } }).kind).toBe('allow');
    expect(ask('pull', regional).kind).toBe('denied');
  });
});

describe('a refusal', () => {
  it('names the policy and statement that denied, to who may log in', () => {
    const bot = key([builtIn('ScrAdministrator'), policy('No pulls', deny(['scr:Pull*'], [APPS]))]);
    expect(ask('pull', bot)).toEqual({
      kind: 'denied',
      rule: 'iam:explicit-deny:No pulls/no',
      message: `Policy "No pulls", statement "no", denies scr:PullRepositoryImages on ${APPS}.`,
    });
  });

  it('names the missing permission, to who may log in', () => {
    expect(ask('push', puller)).toEqual({
      kind: 'denied',
      rule: 'iam:no-allow',
      message: `No policy of access key "bot" allows scr:PushRepositoryImages on ${APPS}: attach one that does.`,
    });
  });

  it('is one identical sentence for everyone else, whatever exists', () => {
    const messages = new Set<unknown>();
    const noLogin = key([policy('N', { Effect: 'Allow', NotAction: ['scr:Login*'], Resource: ['*'] })]);
    const denied = key([builtIn('ScrAdministrator'), policy('Secret name', deny(['scr:Login*'], ['*']))]);
    for (const principal of [nobody, noLogin, denied, stranger]) {
      for (const verb of VERBS) {
        for (const more of [{}, { repository: null }, { tokenScope: new Set<string>() }, { registry: mixedRegistry }]) {
          const decision = ask(verb, principal, more);
          messages.add(decision.kind === 'denied' ? decision.message : decision);
        }
      }
      const unknown = refuseUnknownRegistry(principal);
      messages.add(unknown.kind === 'denied' ? unknown.message : unknown);
    }
    expect([...messages]).toEqual([REFUSED]);
  });

  it('of an anonymous client is one identical challenge, whatever exists', () => {
    const decisions = VERBS.flatMap((verb) => [
      ask(verb, anonymous),
      ask(verb, anonymous, { repository: null }),
      ask(verb, anonymous, { registry: mixedRegistry, tokenScope: new Set(['pull', 'push']) }),
    ]);
    for (const decision of [...decisions, refuseUnknownRegistry(anonymous)]) {
      expect(decision).toEqual({ kind: 'unauthenticated', message: LOGIN_REQUIRED });
    }
  });
});

describe('a repository that does not exist', () => {
  const limited = key([policy('O', allow(['*'], [REGISTRY, APPS, APPS + '*']))]);
  const whole = key([policy('W', allow(['*'], [REGISTRY, 'srn:e::1:::scr:repository/r/*']))]);

  it('is decided as a new one would be: only grants on the whole registry count', () => {
    expect(ask('push', administrator, { repository: null })).toEqual({ kind: 'allow' });
    expect(ask('push', whole, { repository: null })).toEqual({ kind: 'allow' });
    expect(ask('push', limited, { repository: null })).toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('a repository that does not exist yet'),
    });
  });

  it('may be asked for by everyone in a public registry, where there is nothing to hide', () => {
    expect(ask('pull', anonymous, { registry: publicRegistry, repository: null }).kind).toBe('allow');
    expect(ask('pull', anonymous, { registry: mixedRegistry, repository: null }).kind).toBe('unauthenticated');
  });
});

describe('a token', () => {
  it.each<[DataPlaneVerb, string]>([
    ['pull', 'pull'],
    ['push', 'push'],
    ['delete', 'delete'],
    ['catalog', '*'],
  ])('for %s must hold %s', (verb, needed) => {
    const others = new Set(['pull', 'push', 'delete'].filter((action) => action !== needed));
    expect(ask(verb, administrator, { tokenScope: others }).kind).toBe('insufficient-scope');
    expect(ask(verb, administrator, { tokenScope: new Set() }).kind).toBe('insufficient-scope');
    expect(ask(verb, administrator, { tokenScope: new Set([needed]) }).kind).toBe('allow');
    expect(ask(verb, administrator, { tokenScope: new Set(['*']) }).kind).toBe('allow');
  });

  it('needs no scope to log in', () => {
    expect(ask('login', administrator, { tokenScope: new Set() }).kind).toBe('allow');
  });

  it('of an anonymous client must hold pull, to pull public content', () => {
    expect(ask('pull', anonymous, { registry: publicRegistry, tokenScope: new Set() }).kind).toBe('insufficient-scope');
    expect(ask('pull', anonymous, { registry: publicRegistry, tokenScope: new Set(['pull']) }).kind).toBe('allow');
  });

  it('grants nothing by itself: what the policies no longer allow is denied, not sent for another token', () => {
    expect(ask('push', puller, { tokenScope: new Set(['pull', 'push']) }).kind).toBe('denied');
    expect(ask('push', puller, { tokenScope: new Set(['pull']) }).kind).toBe('denied');
    expect(ask('pull', nobody, { tokenScope: new Set(['pull']) }).kind).toBe('denied');
  });
});
