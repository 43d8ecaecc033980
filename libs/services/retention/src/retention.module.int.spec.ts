import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@entrepot/platform-config';
import { createHttpApp, healthModule } from '@entrepot/platform-http';
import { createLogger, HealthRegistry } from '@entrepot/platform-observability';
import { testDatabase, type TestDatabase } from '@entrepot/testing';
import { RetentionConfig } from './retention.config.js';
import { RetentionModule } from './retention.module.js';

class Root {}

let scratch: TestDatabase;

beforeAll(async () => {
  scratch = await testDatabase();
});

afterAll(() => scratch?.drop());

describe('RetentionModule', () => {
  it('is ready with its database, says what is missing without it, and closes', async () => {
    const health = new HealthRegistry();
    const logger = createLogger({ level: 'silent', service: 'retention' });
    const config = loadConfig(RetentionConfig, {});
    const retention = RetentionModule.with({ config, logger, databaseUrl: scratch.url, health });
    const app = await createHttpApp({ module: Root, imports: [healthModule(health), retention] }, { logger });
    expect((await app.inject({ method: 'GET', url: '/readyz' })).json()).toEqual({ ready: true, missing: [] });
    await app.close();
    expect(await health.check()).toMatchObject({ ready: false, missing: [{ name: 'retention-database' }] });
  });
});
