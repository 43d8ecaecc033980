import { registerDecorator } from 'class-validator';

/** For an update: the property is known, and refused with the sentence that says why. */
export function OnlyAtCreation(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'onlyAtCreation',
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate: (value: unknown) => value === undefined,
        defaultMessage: () => `${String(property)} can be set only when the registry is created`,
      },
    });
}
