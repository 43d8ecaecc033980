import { Setting } from '@entrepot/platform-config';

/** Settings of `scanner-orchestrator`. */
export class ScannerConfig {
  @Setting({
    env: 'ENTREPOT_SCANNER_POOL_SIZE',
    kind: 'integer',
    default: 4,
    min: 1,
    max: 64,
    help: 'Connections of the scanner orchestrator to Postgres, at most.',
  })
  poolSize!: number;
}
