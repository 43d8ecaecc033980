import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataDirectory } from '../data-directory/data-directory.js';
import { SOCKET_PORT } from './postgres-settings.js';
import { postgresUrl } from './postgres-url.js';
import { postmaster } from './running-postmaster.js';
import { DATABASE, serviceRole } from './service-schema.js';

/** A service's URL on the Postgres that somebody else runs on this data directory now; null when nobody does. For commands beside the suite. */
export function runningServiceUrl(data: DataDirectory, service: string): string | null {
  const secret = data.secretPath(`postgres-${service}`);
  if (!postmaster(data.postgres)?.ready || !existsSync(secret)) return null;
  const note = join(data.run, 'postgres-socket');
  const host = existsSync(note) ? readFileSync(note, 'utf8').trim() : join(data.run, 'pg');
  return postgresUrl({ host, port: SOCKET_PORT }, serviceRole(service), readFileSync(secret, 'utf8').trim(), DATABASE);
}
