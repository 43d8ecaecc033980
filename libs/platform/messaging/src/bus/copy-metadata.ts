import 'reflect-metadata';

/** A method's decorators leave metadata on its function (guards, filters): a function that stands in for it needs them too. */
export function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
  }
}
