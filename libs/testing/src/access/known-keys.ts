import { AccessClient, hostConfig, AccessHttpModule, type KeyPrincipal } from '@entrepot/access';
import type { DynamicModule } from '@nestjs/common';
import { unauthorized } from '@entrepot/platform-http';
import { ACTIONS, compilePolicies, type PolicyStatement } from '@entrepot/policy';

/** A key of `accountId` with one policy of one statement: it allows every action on everything, save what `statement` says instead. */
export function keyOf(accountId: string, statement: Partial<PolicyStatement>): KeyPrincipal {
  const document = {
    Version: '2024-07-01',
    Statement: [{ Effect: 'Allow', Action: Object.values(ACTIONS), Resource: ['*'], ...statement }],
  } as never;
  const policies = compilePolicies([{ id: 'policy', name: 'Policy', document }]);
  return { kind: 'key', id: 'EKSPEC', principalId: 'EKSPEC', name: 'spec', accountId, policies, tokenAccess: null };
}

/** The access guard, with keys that it knows by their id alone, whatever the secret, instead of an `iam-authz`. Any other key gets a 401. */
export function accessOf(keys: Record<string, KeyPrincipal>): DynamicModule {
  const authenticate = (authorization: string | undefined): KeyPrincipal => {
    const id = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64')
      .toString()
      .split(':')[0]!;
    const key = keys[id];
    if (!key) throw unauthorized('unknown key');
    return key;
  };
  const access = Object.assign(Object.create(AccessClient.prototype) as AccessClient, { authenticate });
  return AccessHttpModule.forRoot({
    access,
    hosts: hostConfig({ publicUrls: [], privateDomain: null, publicDomain: null }),
  });
}
