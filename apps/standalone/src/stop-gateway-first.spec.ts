import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopGatewayFirst } from './stop-gateway-first.js';

describe('the end of separate processes', () => {
  it('comes to the gateway first, and then to all others at once', async () => {
    const steps: string[] = [];
    const process = (name: string) => ({
      stop: async () => {
        steps.push(`${name} is asked`);
        await sleep(5);
        steps.push(`${name} ended`);
      },
    });
    await stopGatewayFirst(['iam-authz', 'catalog', 'registry-gateway'].map(process));
    expect(steps.slice(0, 4)).toEqual([
      'registry-gateway is asked',
      'registry-gateway ended',
      'catalog is asked',
      'iam-authz is asked',
    ]);
    expect(steps).toHaveLength(6);
  });
});
