import { renewIncarnationOf } from '@entrepot/iam-authz';
import { exitOnInvalid, loadConfigs } from '@entrepot/platform-config';
import { createLogger, flushLogs } from '@entrepot/platform-observability';
import { DatabaseConfig } from '@entrepot/platform-service';

/** `--renew-incarnation`, after a restore: needs ENTREPOT_DATABASE_URL alone. Resolves to the exit code. */
export async function renewIncarnationHere(): Promise<number> {
  const { rows } = exitOnInvalid(() => loadConfigs({ rows: DatabaseConfig }));
  const logger = createLogger({ level: 'fatal', service: 'iam-authz' });
  try {
    const incarnation = await renewIncarnationOf(rows.databaseUrl.reveal(), logger);
    process.stdout.write(
      `A new incarnation begins: ${incarnation}. What gateways remember of before counts no more.\n`,
    );
    return 0;
  } catch (error) {
    process.stderr.write(
      `The incarnation was not renewed: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 1;
  } finally {
    flushLogs();
  }
}
