import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopGatewaysFirst } from './stop-gateways-first.js';

describe('the end of separate processes', () => {
  it('comes to the gateways first, and then to all others at once', async () => {
    const steps: string[] = [];
    const process = (name: string) => ({
      stop: async () => {
        steps.push(`${name} is asked`);
        await sleep(5);
        steps.push(`${name} ended`);
      },
    });
    await stopGatewaysFirst(['gateway', 'gateway 2'].map(process), ['iam-authz', 'catalog'].map(process));
    expect(steps.slice(0, 4).sort()).toEqual([
      'gateway 2 ended',
      'gateway 2 is asked',
      'gateway ended',
      'gateway is asked',
    ]);
    expect(steps.slice(4, 6)).toEqual(['iam-authz is asked', 'catalog is asked']);
    expect(steps).toHaveLength(8);
  });
});
