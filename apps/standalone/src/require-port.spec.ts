import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { requirePort } from './require-port.js';

describe('the port of the suite', () => {
  const other = createServer();
  let port: number;

  beforeEach(async () => {
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    ({ port } = other.address() as AddressInfo);
  });

  afterEach(() => {
    other.close();
  });

  it('is refused in one sentence when another program has it', async () => {
    await expect(requirePort({ host: '127.0.0.1', port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is in use by another program`,
    );
  });

  it('is free again for the gateway after it was tried', async () => {
    other.close();
    await once(other, 'close');
    await requirePort({ host: '127.0.0.1', port });
    await requirePort({ host: '127.0.0.1', port });
  });
});
