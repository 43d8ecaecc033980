import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartRefusedError } from '@entrepot/platform-embedded';
import { listenProblem } from '@entrepot/platform-http';

/**
 * Tells before any server is started that clients could not be served. Who takes the port in the seconds after is found out when the gateway
 * listens. Throws `StartRefusedError`.
 */
export async function requirePort(at: { readonly host: string; readonly port: number }): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host: at.host, port: at.port });
    await once(server, 'listening');
  } catch (error) {
    throw new StartRefusedError(listenProblem(error, at));
  }
  server.close();
  await once(server, 'close');
}
