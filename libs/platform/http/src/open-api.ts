import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** The OpenAPI document of an application's controllers; operations are named `Controller_method`. */
export function openApiDocument(app: INestApplication, info: { title: string; version: string }): OpenAPIObject {
  const base = new DocumentBuilder()
    .setTitle(info.title)
    .setVersion(info.version)
    .addBearerAuth()
    .addBasicAuth()
    .build();
  return SwaggerModule.createDocument(app, base);
}
