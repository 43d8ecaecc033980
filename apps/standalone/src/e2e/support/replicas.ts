import { afterAll, beforeAll } from '@jest/globals';
import { type RegistryClient, RoundRobinProxy } from '@entrepot/testing';
import { type Scene, useSuite } from './scene.js';

/** Two gateways and two catalogs behind a load balancer that gives each request to the next gateway. */
export interface Replicas extends Scene {
  readonly proxy: RoundRobinProxy;
  /** The administrator, through the load balancer. */
  readonly balanced: RegistryClient;
}

export const TWO_OF_EACH = { ENTREPOT_GATEWAYS: '2', ENTREPOT_CATALOGS: '2' };

export function useReplicas(env: Record<string, string> = {}): () => Replicas {
  return useBalancer(useSuite({ env: { ...TWO_OF_EACH, ...env } }));
}

/** The load balancer before a suite of several gateways. */
export function useBalancer(scene: () => Scene): () => Replicas {
  let proxy: RoundRobinProxy | null = null;
  let balanced: RegistryClient | null = null;
  beforeAll(async () => {
    proxy = await RoundRobinProxy.start(scene().suite.urls);
    balanced = scene().root.at(proxy.url);
  });
  afterAll(async () => {
    balanced?.close();
    await proxy?.stop();
  });
  return () => {
    if (proxy === null || balanced === null) throw new Error('the load balancer did not start');
    return { ...scene(), proxy, balanced };
  };
}

/** The processes of the catalogs. */
export function catalogsOf({ suite }: Pick<Scene, 'suite'>): number[] {
  return suite
    .children()
    .filter(({ command }) => /apps\/catalog\//.test(command))
    .map(({ pid }) => pid);
}
