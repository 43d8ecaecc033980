import { describe, it, expect } from '@jest/globals';
import { natsConfig } from './nats-config.js';

const base = { port: 4222, monitorPort: null, streamDirectory: '/s', pidFile: '/p', anonymous: null };
const permissionsOf = (text: string) =>
  (JSON.parse(text) as { authorization: { users: { permissions: unknown }[] } }).authorization.users[0]?.permissions;

describe('natsConfig', () => {
  it('takes an empty allow-list for nothing, where nats-server would take it for anything', () => {
    const user = { name: 'a', password: 'p', publish: { allow: [] }, subscribe: { allow: ['x.>'], deny: ['x.y'] } };
    expect(permissionsOf(natsConfig({ ...base, users: [user] }))).toEqual({
      publish: { deny: ['>'] },
      subscribe: { allow: ['x.>'], deny: ['x.y'] },
    });
  });

  it('listens on loopback, takes messages of 8 MiB, and lets nobody in without credentials', () => {
    const config = JSON.parse(natsConfig({ ...base, users: [] })) as Record<string, unknown>;
    expect(config).toMatchObject({ host: '127.0.0.1', max_payload: 8_388_608 });
    expect(config).not.toHaveProperty('no_auth_user');
    expect(config).not.toHaveProperty('http');
  });
});
