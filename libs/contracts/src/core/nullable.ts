import { ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** The property is always present and may be null: "known not to be there", as against an optional property. */
export function Nullable(): PropertyDecorator {
  return (target, property) => {
    ValidateIf((_, value) => value !== null)(target, property as string);
    JSONSchema((schema) => ('$ref' in schema ? { anyOf: [schema, { type: 'null' }] } : { ...schema, nullable: true }))(
      target,
      property as string,
    );
  };
}
