import type { Database } from '@entrepot/platform-persistence';
import type { LookupMemory } from './lookup/lookup-memory.js';

/** What every use case of the catalog needs. */
export class CatalogPorts {
  constructor(
    readonly database: Database,
    /** Connections of their own for look-ups, with a planner that may only use indexes; writers can't starve them. */
    readonly lookups: Database,
    readonly memory: LookupMemory,
    /** The account that a bare registry name belongs to. */
    readonly defaultAccountId: string,
    readonly clock: () => Date = () => new Date(),
  ) {}
}
