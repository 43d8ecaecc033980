import { expect, it } from '@jest/globals';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { createHttpApp } from '@entrepot/platform-http';
import { HealthRegistry } from '@entrepot/platform-observability';
import { rootModule } from './run-service.js';

it('an application tells what it has left while its services still answer, and closes the rest after', async () => {
  const steps: string[] = [];
  const step = (name: string) => async () => void steps.push(name);
  class Strategy extends Server implements CustomTransportStrategy {
    listen(callback: () => void): void {
      callback();
    }
    close(): void {
      steps.push('the services answer no more');
    }
    on(): void {}
    unwrap<T>(): T {
      return undefined as T;
    }
  }
  const app = await createHttpApp(rootModule([], new HealthRegistry(), [], step('closed'), step('drained')));
  app.connectMicroservice({ strategy: new Strategy() });
  await app.startAllMicroservices();
  await app.close();
  expect(steps).toEqual(['drained', 'the services answer no more', 'closed']);
});
