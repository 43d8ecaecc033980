import { ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** Marks a nullable property in a schema, so that `allSchemas` can tell it from an optional one. */
export const NULLABLE_MARK = 'x-nullable';

/** The property is always present and may be null: "known not to be there", as against an optional property. */
export function Nullable(): PropertyDecorator {
  return (target, property) => {
    ValidateIf((_, value) => value !== null)(target, property as string);
    const alsoNull = JSONSchema((schema) =>
      '$ref' in schema
        ? { anyOf: [schema, { type: 'null' }], [NULLABLE_MARK]: true }
        : { ...schema, nullable: true, [NULLABLE_MARK]: true },
    );
    alsoNull(target, property as string);
  };
}
