import type { NamedStatement } from '@entrepot/platform-persistence';

/** Statements run in a transaction or outside one. */
export interface Statements {
  query<T>(text: string, values?: unknown[]): Promise<T[]>;
  ask<T>(statement: NamedStatement): Promise<T[]>;
}
