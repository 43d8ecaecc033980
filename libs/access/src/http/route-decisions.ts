import type { INestApplicationContext, Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { ROUTE_DECISION } from './decision.decorators.js';

/** Every route of an application, as `Controller.method`, and whether it says who may use it. For the test that walks them all. */
export function routeDecisions(app: INestApplicationContext): { route: string; decided: boolean }[] {
  const controllers = [...app.get(ModulesContainer, { strict: false }).values()].flatMap(({ controllers }) => [
    ...controllers.values(),
  ]);
  return controllers.flatMap(({ metatype }) => (metatype ? routesOf(metatype as Type) : []));
}

function routesOf(controller: Type): { route: string; decided: boolean }[] {
  const prototype = controller.prototype as Record<string, object>;
  return new MetadataScanner()
    .getAllMethodNames(prototype)
    .map((name) => ({ name, handler: prototype[name] as object }))
    .filter(
      ({ handler }) => Reflect.hasMetadata(PATH_METADATA, handler) && Reflect.hasMetadata(METHOD_METADATA, handler),
    )
    .map(({ name, handler }) => ({
      route: `${controller.name}.${name}`,
      decided: Reflect.hasMetadata(ROUTE_DECISION, handler) || Reflect.hasMetadata(ROUTE_DECISION, controller),
    }));
}
