const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

/** The name, if it can stand in SQL between double quotes; throws a RangeError otherwise. Names come from code, never from a request. */
export function schemaName(name: string): string {
  if (!SCHEMA.test(name)) throw new RangeError(`not a schema name: ${JSON.stringify(name)}`);
  return name;
}
