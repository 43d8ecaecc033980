import { readFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthRegistry } from '@entrepot/platform-observability';
import { openApiDocument } from '@entrepot/platform-http';
import { rootModule } from '@entrepot/platform-service';
import { controlPlaneModules } from './control-plane.js';

/**
 * Prints the OpenAPI document of the whole management API, from the controllers' decorators alone: in Nest's preview mode nothing is made,
 * so neither a database nor a bus is needed.
 */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const app = await NestFactory.create<NestFastifyApplication>(
  rootModule(controlPlaneModules(), new HealthRegistry(), [], async () => undefined),
  new FastifyAdapter(),
  { preview: true, logger: false, abortOnError: false },
);
const document = openApiDocument(app, { title: 'Entrepot management API', version });
process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
