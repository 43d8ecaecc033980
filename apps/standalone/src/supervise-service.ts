import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SupervisedProcess } from '@entrepot/platform-embedded';
import type { Logger } from '@entrepot/platform-observability';

/** A service that is a process of its own; its app has the same name. */
export type Service =
  'iam-authz' | 'catalog' | 'scanner-orchestrator' | 'retention' | 'metrics' | 'console' | 'registry-gateway';

const READY_WITHIN_MS = 60_000;
/** The gateway drains for 6 s at most and closes within 1.5; then it is ended, so that all is over within ten seconds. */
const STOP = [
  { signal: 'SIGTERM', waitMs: 8_000 },
  { signal: 'SIGKILL', waitMs: 1_000 },
] as const;

/** A service as a process of its own, started again when it ends unasked. */
export interface SupervisedService {
  /** Resolves to its port when it serves. */
  start(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Supervises one replica of a service. `environment` is asked at each start and told the port that the service had before, if any: who
 * comes back must be found where it was.
 */
export function superviseService(
  { service, name }: { readonly service: Service; readonly name: string },
  environment: (port: number | null) => NodeJS.ProcessEnv,
  logger: Logger,
): SupervisedService {
  const program = fileURLToPath(new URL(`../../${service}/dist/main.js`, import.meta.url));
  let port: number | null = null;
  let ready = false;
  const supervised = new SupervisedProcess({
    name,
    logger,
    // The channel tells readiness, and ends the service when this process is killed.
    spawn: () => {
      ready = false;
      const env = environment(port);
      const child = fork(program, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      child.on('message', (message: { port?: number }) => {
        port = message.port ?? port;
        ready = true;
      });
      return child;
    },
    isReady: async () => ready,
    readyWithinMs: READY_WITHIN_MS,
    stopSteps: STOP,
  });
  return {
    start: async () => {
      await supervised.start();
      return port ?? 0;
    },
    stop: () => supervised.stop(),
  };
}
