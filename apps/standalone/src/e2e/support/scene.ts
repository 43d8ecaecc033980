import { afterAll, beforeAll, jest } from '@jest/globals';
import { AdminApi, RegistryClient, startSuite, type Suite, type SuiteOptions } from '@entrepot/testing';

/** The domain under which registries have hosts of their own in these tests. Nothing resolves it: the `Host` header is what counts. */
export const PRIVATE_DOMAIN = 'registry.test';

/** A running suite with its first registry. */
export interface Scene {
  readonly suite: Suite;
  /** The administrator, with Basic. */
  readonly root: RegistryClient;
  readonly api: AdminApi;
  /** Of `demo`, which the first start makes. */
  readonly registryId: string;
}

/**
 * Starts one suite for all tests of the file, and ends it after them. `given` may first start what the suite needs. Call the result inside tests
 * only.
 */
export function useSuite(given: SuiteOptions | (() => Promise<SuiteOptions>) = {}): () => Scene {
  // On a busy machine a request may take seconds; a test that hangs is still told apart.
  jest.setTimeout(60_000);
  let scene: Scene | null = null;
  beforeAll(async () => {
    const options = typeof given === 'function' ? await given() : given;
    const suite = await startSuite({ ...options, env: { ENTREPOT_PRIVATE_DOMAIN: PRIVATE_DOMAIN, ...options.env } });
    scene = await sceneOf(suite);
  }, 120_000);
  afterAll(async () => {
    scene?.root.close();
    await scene?.suite.stop();
  }, 60_000);
  return () => {
    if (scene === null) throw new Error('the suite did not start');
    return scene;
  };
}

async function sceneOf(suite: Suite): Promise<Scene> {
  try {
    const root = rootClient(suite);
    const api = new AdminApi(root);
    return { suite, root, api, registryId: await api.registryId('demo') };
  } catch (error) {
    await suite.stop();
    throw error;
  }
}

/** A client of its own, with connections of its own: after a restart those before are dead. */
export function rootClient(suite: Suite): RegistryClient {
  const credentials = { accessKey: suite.rootAccessKey, secret: suite.rootSecret };
  return new RegistryClient(suite.url, { credentials });
}
