import { Setting } from '@entrepot/platform-config';

/** Settings of `retention`. */
export class RetentionConfig {
  @Setting({
    env: 'ENTREPOT_RETENTION_POOL_SIZE',
    kind: 'integer',
    default: 2,
    min: 1,
    max: 64,
    help: 'Connections of retention to Postgres, at most.',
  })
  poolSize!: number;
}
