import type { RegistryClient } from '@entrepot/testing';
import type { Scene } from './scene.js';

/** An account that is not the default one. */
export interface Tenant {
  readonly accountId: string;
  /** Of its root, with Basic. */
  readonly client: RegistryClient;
}

/** Makes an account, as the operator. */
export async function anAccount({ api, root }: Pick<Scene, 'api' | 'root'>, name: string): Promise<Tenant> {
  const { accountId, rootKey } = await api.call<{
    accountId: string;
    rootKey: { accessKey: string; secretKey: string };
  }>('POST', '/api/v1/accounts', { name });
  const credentials = { accessKey: rootKey.accessKey, secret: rootKey.secretKey };
  return { accountId, client: root.as({ credentials }) };
}
