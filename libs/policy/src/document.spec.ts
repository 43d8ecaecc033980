import { describe, expect, it } from '@jest/globals';
import { ALL_ACTIONS } from './actions.js';
import { PolicyDocumentInvalid } from './document-shape.js';
import { parsePolicyDocument } from './document.js';

const ALLOW = { Effect: 'Allow', Action: ['scr:PullRepositoryImages'], Resource: ['*'] };
const withStatements = (...statements: unknown[]) => ({ Version: '2024-07-01', Statement: statements });
const withCondition = (Condition: unknown) => withStatements({ ...ALLOW, Condition });

describe('parsePolicyDocument', () => {
  it('normalises single values to lists, names nameless statements and keeps the rest', () => {
    const parsed = parsePolicyDocument(
      withStatements(
        { Effect: 'Allow', Action: 'scr:Pull*', Resource: '*', Condition: { Bool: { 'scr:SecureTransport': true } } },
        {
          Sid: 'no delete',
          Effect: 'Deny',
          NotAction: ['SCR:PULLrepositoryIMAGES'],
          NotResource: ['srn:e::1:::scr:*'],
        },
      ),
    );
    expect(parsed.Statement).toEqual([
      {
        Sid: 'statement1',
        Effect: 'Allow',
        Action: ['scr:Pull*'],
        Resource: ['*'],
        Condition: { Bool: { 'scr:SecureTransport': ['true'] } },
      },
      { Sid: 'no delete', Effect: 'Deny', NotAction: ['SCR:PULLrepositoryIMAGES'], NotResource: ['srn:e::1:::scr:*'] },
    ]);
  });

  it('reads its own result as the same document', () => {
    const parsed = parsePolicyDocument(withCondition({ IpAddress: { 'scp:SourceIp': '10.0.0.0/8' } }));
    expect(parsePolicyDocument(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  });

  it.each([...ALL_ACTIONS, '*', 'scr:*', 'container-registry:PullRepositoryImages', 'scr:?ullRepositoryImages'])(
    'knows the action %s',
    (action) => {
      expect(parsePolicyDocument(withStatements({ ...ALLOW, Action: [action] })).Statement[0]?.Action).toEqual([
        action,
      ]);
    },
  );

  const { Action: _, ...noAction } = ALLOW;
  const { Resource: __, ...noResource } = ALLOW;
  const cyclic: Record<string, unknown> = withStatements(ALLOW);
  cyclic['Version'] = cyclic;
  it.each<[string, unknown, string]>([
    ['null', null, ''],
    ['a list', [], ''],
    ['a text', '{}', ''],
    ['no version', { Statement: [ALLOW] }, 'Version'],
    ['another version', { Version: '2012-10-17', Statement: [ALLOW] }, 'Version'],
    ['an unknown field', { ...withStatements(ALLOW), Id: 'x' }, ''],
    ['something that is not JSON', cyclic, ''],
    ['no statement', withStatements(), 'Statement'],
    ['a statement outside a list', { Version: '2024-07-01', Statement: ALLOW }, 'Statement'],
    ['101 statements', withStatements(...Array<unknown>(101).fill(ALLOW)), 'Statement'],
    ['a statement that is a text', withStatements('x'), 'Statement[0]'],
    ['a misspelt condition', withStatements({ ...ALLOW, Conditions: {} }), 'Statement[0]'],
    ['a principal', withStatements({ ...ALLOW, Principal: '*' }), 'Statement[0].Principal'],
    ['a lower-case effect', withStatements({ ...ALLOW, Effect: 'allow' }), 'Statement[0].Effect'],
    ['no action', withStatements(noAction), 'Statement[0]'],
    ['Action and NotAction', withStatements({ ...ALLOW, NotAction: ['*'] }), 'Statement[0]'],
    ['no resource', withStatements(noResource), 'Statement[0]'],
    ['Resource and NotResource', withStatements({ ...ALLOW, NotResource: ['*'] }), 'Statement[0]'],
    ['an empty action list', withStatements({ ...ALLOW, Action: [] }), 'Statement[0].Action'],
    ['101 actions', withStatements({ ...ALLOW, Action: Array(101).fill('*') }), 'Statement[0].Action'],
    ['101 resources', withStatements({ ...ALLOW, Resource: Array(101).fill('*') }), 'Statement[0].Resource'],
    ['a number as action', withStatements(ALLOW, { ...ALLOW, Action: ['*', 1] }), 'Statement[1].Action[1]'],
    ['an action that does not exist', withStatements({ ...ALLOW, Action: ['scr:Pull'] }), 'Statement[0].Action[0]'],
    ['an action of another service', withStatements({ ...ALLOW, Action: ['s3:*'] }), 'Statement[0].Action[0]'],
    ['a look-alike letter', withStatements({ ...ALLOW, Action: ['sсr:*'] }), 'Statement[0].Action[0]'],
    ['a resource that is no SRN', withStatements({ ...ALLOW, Resource: ['demo/*'] }), 'Statement[0].Resource[0]'],
    ['a wildcard across fields', withStatements({ ...ALLOW, Resource: ['srn:*'] }), 'Statement[0].Resource[0]'],
    [
      'a policy variable',
      withCondition({ StringEquals: { 'iam:userName': '${x}' } }),
      'Statement[0].Condition.StringEquals.iam:userName[0]',
    ],
    [
      'an unknown operator',
      withCondition({ Matches: { 'iam:userName': 'x' } }),
      'Statement[0].Condition.Matches.iam:userName',
    ],
    ['an unknown key', withCondition({ StringEquals: { 'aws:x': 'x' } }), 'Statement[0].Condition.StringEquals.aws:x'],
    [
      'a bad range',
      withCondition({ IpAddress: { 'scr:SourceIp': ['10.0.0.0/8', '1'] } }),
      'Statement[0].Condition.IpAddress.scr:SourceIp',
    ],
    [
      'a null value',
      withCondition({ StringEquals: { 'iam:userName': [null] } }),
      'Statement[0].Condition.StringEquals.iam:userName[0]',
    ],
    [
      'no values',
      withCondition({ StringEquals: { 'iam:userName': [] } }),
      'Statement[0].Condition.StringEquals.iam:userName',
    ],
    ['an operator without keys', withCondition({ StringEquals: {} }), 'Statement[0].Condition.StringEquals'],
    [
      'a prototype as operator',
      withCondition(JSON.parse('{"__proto__":{"iam:userName":"x"}}')),
      'Statement[0].Condition.__proto__.iam:userName',
    ],
    ['one Sid twice', withStatements({ ...ALLOW, Sid: 'x' }, { ...ALLOW, Sid: 'x' }), 'Statement[1].Sid'],
    ['a Sid that collides with a default', withStatements({ ...ALLOW, Sid: 'statement2' }, ALLOW), 'Statement[1].Sid'],
    ['a Sid with a line break', withStatements({ ...ALLOW, Sid: 'a\nb' }), 'Statement[0].Sid'],
    ['more than 20 KiB', withCondition({ StringEquals: { 'iam:userName': 'é'.repeat(10_300) } }), ''],
  ])('refuses %s and says where', (_name, json, path) => {
    const refusal = refusalOf(json);
    expect(refusal.path).toBe(path);
    expect(refusal.message).toMatch(/\.$/);
    expect(refusal.message.length).toBeGreaterThan(refusal.path.length + 10);
  });

  it('accepts a document of just under 20 KiB', () => {
    expect(() =>
      parsePolicyDocument(withCondition({ StringEquals: { 'iam:userName': 'e'.repeat(20_000) } })),
    ).not.toThrow();
  });
});

function refusalOf(json: unknown): PolicyDocumentInvalid {
  try {
    parsePolicyDocument(json);
  } catch (error) {
    if (error instanceof PolicyDocumentInvalid) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}
