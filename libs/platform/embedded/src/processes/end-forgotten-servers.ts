import type { DataDirectory } from '../data-directory/data-directory.js';
import { silentLogger, type EmbeddedLogger } from '../embedded-logger.js';
import { endForgottenNats } from '../nats/embedded-nats.js';
import { endForgottenPostgres } from '../postgres/running-postmaster.js';
import { removeForgottenSocket } from '../postgres/socket-directory.js';

/** Ends the servers that an Entrepot which was killed left running on this data directory, without starting new ones. */
export async function endForgottenServers(data: DataDirectory, logger: EmbeddedLogger = silentLogger): Promise<void> {
  await Promise.all([endForgottenPostgres(data.postgres, logger), endForgottenNats(data, logger)]);
  removeForgottenSocket(data.run);
}
