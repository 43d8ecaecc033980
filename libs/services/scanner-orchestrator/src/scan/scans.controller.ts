import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, type KeyPrincipal, requestContextOf } from '@entrepot/access';
import { decodeCursor, notFound, pageOf } from '@entrepot/platform-http';
import { ACTIONS, evaluate, repositorySrn } from '@entrepot/policy';
import type { FastifyRequest } from 'fastify';
import type { Scan } from './scan.js';
import { ScanStore } from './scan.store.js';
import { itemOf, ScanPage, ScansQuery } from './scans.reply.js';

/** What was scanned in a registry, and what was not. */
@ApiTags('scans')
@Controller('api/v1/registries/:registryId/scans')
export class ScansController {
  constructor(private readonly scans: ScanStore) {}

  /** Of repositories that the caller may check only, so that a page may hold fewer than `limit`, or none, and still have a next one. */
  @Get()
  @Authenticated()
  @ApiOperation({ summary: 'Manifests of a registry and where their scans stand.' })
  @ApiOkResponse({ type: ScanPage })
  async list(
    @Param('registryId') registryId: string,
    @Query() { state, limit, cursor }: ScansQuery,
    @CurrentPrincipal() principal: KeyPrincipal,
    @Req() request: FastifyRequest,
  ): Promise<ScanPage> {
    if (!/^[0-9a-f]{32}$/.test(registryId)) throw notFound('There is no such registry.');
    const after = cursor === undefined ? undefined : keyOf(cursor);
    const scans = await this.scans.list({ accountId: principal.accountId, registryId, state, after, limit });
    const { items, next } = pageOf(scans, limit, ({ imageId, digest }) => [imageId, digest]);
    const mayCheck = checks(principal, request);
    return { items: items.filter(mayCheck).map(itemOf), next };
  }
}

function keyOf(cursor: string): { imageId: string; digest: string } {
  const [imageId, digest] = decodeCursor(cursor, 2).map(String);
  return { imageId: imageId!, digest: digest! };
}

/** Whether a scan may be shown; each repository is decided once. */
function checks(principal: KeyPrincipal, request: FastifyRequest): (scan: Scan) => boolean {
  const context = requestContextOf(request, principal, new Date());
  const decided = new Map<string, boolean>();
  return (scan) => {
    const known = decided.get(scan.repositoryId);
    if (known !== undefined) return known;
    const resource = repositorySrn(scan);
    const { allowed } = evaluate(principal.policies, { action: ACTIONS.CheckTagsVulnerability, resource, context });
    decided.set(scan.repositoryId, allowed);
    return allowed;
  };
}
