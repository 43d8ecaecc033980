import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { ContractViolation } from './contract-violation.js';
import { NULLABLE_MARK } from './nullable.js';

// class-transformer keeps its metadata in a file that its index does not export; nested classes are found through it.
const { defaultMetadataStorage } = createRequire(import.meta.url)('class-transformer/cjs/storage.js') as {
  defaultMetadataStorage: never;
};

/** A message class: its class-validator decorators are the one declaration of the shape. */
export type MessageClass<T> = new () => T;

export interface JsonSchema {
  [key: string]: unknown;
}

const ajv = new Ajv({ allErrors: false, strict: false, coerceTypes: false, useDefaults: false });

/** The schemas of all message classes declared so far, by class name. References point into `#/definitions/`. */
export function allSchemas(): Record<string, JsonSchema> {
  const schemas = validationMetadatasToSchemas({
    classTransformerMetadataStorage: defaultMetadataStorage,
    refPointerPrefix: '#/definitions/',
  }) as Record<string, JsonSchema>;
  for (const schema of Object.values(schemas)) requireNullables(schema);
  return schemas;
}

/** A nullable property must be there; the generator takes its `ValidateIf` for an optional one. */
function requireNullables(schema: JsonSchema): void {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const nullables = properties.filter(([, property]) => property[NULLABLE_MARK]).map(([name]) => name);
  for (const [, property] of properties) delete property[NULLABLE_MARK];
  if (nullables.length > 0)
    schema['required'] = [...((schema['required'] as string[] | undefined) ?? []), ...nullables];
}

/**
 * A parser compiled from the class's decorators on first use: class-validator itself takes tens of microseconds an object, which the hot
 * path's batches of 256 questions could not afford. It returns its argument, unchanged, or throws `ContractViolation`.
 */
export function parserOf<T>(contract: string, type: MessageClass<T>): (message: unknown) => T {
  let validate: ValidateFunction | undefined;
  return (message) => {
    validate ??= compile(type);
    if (validate(message)) return message as T;
    const issues = (validate.errors ?? []).map((e) => `${e.instancePath || '(message)'} ${e.message ?? 'is invalid'}`);
    throw new ContractViolation(contract, issues);
  };
}

function compile<T>(type: MessageClass<T>): ValidateFunction {
  const definitions = allSchemas();
  const schema = definitions[type.name];
  // A class without a single decorator has no schema: an empty message.
  return ajv.compile(schema ? { ...schema, definitions } : { type: 'object' });
}
