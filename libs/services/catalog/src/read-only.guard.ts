import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ProblemException } from '@entrepot/platform-http';
import type { FastifyRequest } from 'fastify';

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Whether the installation takes changes. */
export class ReadOnlyMode {
  constructor(readonly on: boolean) {}
}

/**
 * In read-only mode the management API of content refuses what the data plane refuses. Access keys and policies may still change: a leaked
 * key can't wait.
 */
@Injectable()
export class ReadOnlyGuard implements CanActivate {
  constructor(private readonly mode: ReadOnlyMode) {}

  canActivate(context: ExecutionContext): boolean {
    const { method } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!this.mode.on || READS.has(method)) return true;
    throw new ProblemException(405, {
      detail: 'This registry is read-only for now: nothing can be made, changed or deleted.',
    });
  }
}
