// Memory that the processes hold at the end of a round, after all the loads.
import { memoryOf } from '../processes/tree.mjs';

const KINDS = [
  { kind: 'services', title: 'resident memory after the loads, the registry itself' },
  { kind: 'postgres', title: 'resident memory after the loads, Postgres' },
  { kind: 'nats', title: 'resident memory after the loads, nats-server' },
];

export const memoryCases = () =>
  KINDS.map(({ kind, title }) => ({
    id: `memory-${kind}`,
    needs: [],
    title,
    unit: 'MB',
    better: 'less',
    run: async ({ server }) => {
      const memory = memoryOf(server.pid)[kind];
      return memory ? { value: memory.pss / 1e6, ...memory } : { unsupported: 'has none' };
    },
  }));
