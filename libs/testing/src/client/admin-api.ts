import type { RawReply } from './raw-request.js';
import type { RegistryClient } from './registry-client.js';
import type { Credentials } from './token-login.js';

/** A policy document as it is saved. */
export interface PolicyJson {
  Version: '2024-07-01';
  Statement: readonly {
    Sid?: string;
    Effect: 'Allow' | 'Deny';
    Action: readonly string[];
    Resource: readonly string[];
    Condition?: Record<string, Record<string, readonly string[]>>;
  }[];
}

export interface NewRegistry {
  name: string;
  visibility?: 'public' | 'private';
  publicRepositoriesAllowed?: boolean;
  createOnPush?: boolean;
}

/** A user with one access key. */
export interface Someone extends Credentials {
  readonly userId: string;
  readonly userName: string;
}

/** The part of the REST API that tests prepare their scene with. Every call throws when it is refused, with the answer. */
export class AdminApi {
  constructor(private readonly root: RegistryClient) {}

  /** A user with a key and exactly these policies: names of built-in ones, or ids. */
  async someone(userName: string, policyIds: readonly string[]): Promise<Someone> {
    const { userId } = await this.#done<{ userId: string }>('POST', '/api/v1/users', { name: userName });
    for (const policyId of policyIds) await this.attach(userId, policyId);
    const key = await this.#done<{ accessKey: string; secretKey: string }>('POST', '/api/v1/access-keys', { userId });
    return { userId, userName, accessKey: key.accessKey, secret: key.secretKey };
  }

  /** The new policy's id. */
  async policy(name: string, statement: PolicyJson['Statement']): Promise<string> {
    const document: PolicyJson = { Version: '2024-07-01', Statement: statement };
    return (await this.#done<{ policyId: string }>('POST', '/api/v1/policies', { name, document })).policyId;
  }

  attach(userId: string, policyId: string): Promise<unknown> {
    return this.#done('PUT', `/api/v1/users/${userId}/policies/${policyId}`);
  }

  detach(userId: string, policyId: string): Promise<unknown> {
    return this.#done('DELETE', `/api/v1/users/${userId}/policies/${policyId}`);
  }

  enable(accessKey: string, enabled: boolean): Promise<unknown> {
    return this.#done('PATCH', `/api/v1/access-keys/${accessKey}`, { enabled });
  }

  /** The new registry's id. */
  async registry(registry: NewRegistry): Promise<string> {
    return (await this.#done<{ registryId: string }>('POST', '/api/v1/registries', registry)).registryId;
  }

  async registryId(name: string): Promise<string> {
    return idOf(await this.#items<{ name: string; registryId: string }>('/api/v1/registries'), name).registryId;
  }

  /** The new repository's id. */
  async repository(
    registryId: string,
    repository: { name: string; visibility?: 'public' | 'private' },
  ): Promise<string> {
    const path = `/api/v1/registries/${registryId}/repositories`;
    return (await this.#done<{ repositoryId: string }>('POST', path, repository)).repositoryId;
  }

  async repositoryId(registryId: string, name: string): Promise<string> {
    const path = `/api/v1/registries/${registryId}/repositories`;
    return idOf(await this.#items<{ name: string; repositoryId: string }>(path), name).repositoryId;
  }

  /** Any call, whose answer must be a success. */
  call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.#done<T>(method, path, body);
  }

  async #items<T>(path: string): Promise<T[]> {
    return (await this.#done<{ items: T[] }>('GET', `${path}?limit=100`)).items;
  }

  async #done<T>(method: string, path: string, body?: unknown): Promise<T> {
    const reply: RawReply = await this.root.json(method, path, body);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
    return (reply.body.length === 0 ? {} : reply.json()) as T;
  }
}

function idOf<T extends { name: string }>(items: readonly T[], name: string): T {
  const found = items.find((item) => item.name === name);
  if (!found) throw new Error(`there is no ${name} among ${items.map((item) => item.name).join(', ')}`);
  return found;
}
