import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { silentLogger } from '@entrepot/platform-persistence';
import { BusLink, BusMisconfigured } from './bus-link.js';

describe('BusLink.open', () => {
  it('refuses a server that takes only small messages, and says what to set', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.write(`INFO {"server_id":"A","version":"2.9.10","proto":1,"headers":true,"max_payload":1048576}\r\n`);
      socket.on('data', (bytes) => void (bytes.includes('PING') && socket.write('PONG\r\n')));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const opening = BusLink.open({ servers: `nats://127.0.0.1:${port}`, service: 'spec', logger: silentLogger });
    await expect(opening).rejects.toBeInstanceOf(BusMisconfigured);
    await expect(opening).rejects.toThrow('max_payload: 8MB');
    for (const socket of sockets) socket.destroy();
    server.close();
  });
});
