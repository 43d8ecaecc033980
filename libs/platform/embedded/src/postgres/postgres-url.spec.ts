import { describe, it, expect } from '@jest/globals';
import pg from 'pg';
import { postgresUrl } from './postgres-url.js';

describe('postgresUrl', () => {
  it('names a Unix socket so that pg finds it', () => {
    const url = postgresUrl({ host: '/run/a folder/pg', port: 5432 }, 'entrepot_catalog', 'p@ss/w:rd?', 'entrepot');
    const client = new pg.Client({ connectionString: url });
    expect(client).toMatchObject({
      host: '/run/a folder/pg',
      port: 5432,
      user: 'entrepot_catalog',
      password: 'p@ss/w:rd?',
      database: 'entrepot',
    });
  });
});
